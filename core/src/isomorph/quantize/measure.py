"""A quantised model beside the one that it was made of: how far its numbers are, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Options
from isomorph.evaluation.correlation import spearman
from isomorph.model.model import Model
from isomorph.plugins.discovery import Plugins
from isomorph.preprocess.text import Text
from isomorph.runtime.job import Job
from isomorph.runtime.pipeline import Pipeline
from isomorph.runtime.selection import choose

SCORES = "scores"
"""What a chain that judges pairs writes."""
NEIGHBOURS = 10
ALONE = 128
"""Texts that run alone too, to see whether a row depends on its batch: one in fifty may tell."""
ROUNDS = 3
"""How often both models run all texts in turn for their speed."""

Rows = list[NDArray[Any]]
Pair = tuple[str, str, float]


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured. Cosines are those of each result with that of the unquantised model."""

    texts: int
    """How many texts were compared."""
    cosine: float
    """The mean."""
    cosine_low: float
    """The 1st percentile."""
    cosine_worst: float
    overlap: float | None
    """The mean share of the ten nearest other texts that stay; None of few texts, or without vectors."""
    spearman: tuple[float, float] | None
    """With the scores of pairs: of the model before, and now; None without pairs."""
    alone: float
    """The largest difference between a text alone and among others, over the largest component."""
    speed: float
    """How many times as fast as before: the median of a few rounds in turn, on this machine."""

    @property
    def loss(self) -> float:
        """The larger of what the mean cosine lacks to 1 and what the correlation lost; inf if not finite."""
        lost = [1.0 - self.cosine]
        if self.spearman is not None:
            lost.append(self.spearman[0] - self.spearman[1])
        return max(0.0, *lost) if np.isfinite(lost).all() else float("inf")

    def as_data(self) -> Mapping[str, Any]:
        """For the manifest."""
        return {
            "texts": self.texts,
            "cosine": {
                "mean": self.cosine,
                "percentile_1": self.cosine_low,
                "worst": self.cosine_worst,
            },
            "overlap_at_10": self.overlap,
            "spearman": None
            if self.spearman is None
            else {"before": self.spearman[0], "now": self.spearman[1]},
            "alone": self.alone,
            "speed": self.speed,
            "loss": self.loss,
        }


@contextmanager
def running(model: Model, backend: str, plugins: Plugins) -> Iterator[Pipeline]:
    """The model in a backend, on its best device."""
    pipeline = Pipeline(choose(model, backend, None, plugins=plugins), Options())
    try:
        yield pipeline
    finally:
        pipeline.close()


def measure(
    before: Pipeline, now: Pipeline, inputs: Sequence[Any], pairs: Sequence[Pair]
) -> Measured:
    """Runs both over the inputs, and over the pairs if there are any."""
    job = _job(before)
    own = _side_by_side(inputs) if job.pairs else inputs
    old, new, speed = _in_turn(before, now, own, job)
    cosines = _cosines(old, new, job.output == SCORES)
    few = list(own[:ALONE])
    among, _ = now.run(few, job)
    apart = [now.run([each], job)[0][0] for each in few]
    return Measured(
        texts=len(own),
        cosine=float(cosines.mean()),
        cosine_low=float(np.percentile(cosines, 1)),
        cosine_worst=float(cosines.min()),
        overlap=_overlap(old, new),
        spearman=_spearmans(before, now, pairs),
        alone=_gap(among, apart),
        speed=speed,
    )


def _job(pipeline: Pipeline) -> Job:
    """The call that tells what a model does: of one that scores pairs, a call with pairs."""
    model = pipeline.plan.model
    output = model.graph.outputs[0]
    pairs = output == SCORES and isinstance(model.inputs, Text)
    return Job(output=output, max_length=model.inputs.max_length, pairs=pairs)


def _side_by_side(texts: Sequence[Any]) -> Sequence[Any]:
    """Each text with the next one, as a query and a document."""
    return [(text, texts[(place + 1) % len(texts)]) for place, text in enumerate(texts)]


def _in_turn(
    before: Pipeline, now: Pipeline, inputs: Sequence[Any], job: Job
) -> tuple[Rows, Rows, float]:
    """The results of both, and how many times as fast the second is."""
    results: list[Rows] = [[], []]
    ratios = []
    for _ in range(ROUNDS + 1):  # the first loads and compiles
        seconds = []
        for place, pipeline in enumerate((before, now)):
            begin = perf_counter()
            results[place], _ = pipeline.run(inputs, job)
            seconds.append(perf_counter() - begin)
        ratios.append(seconds[0] / seconds[1])
    return results[0], results[1], median(ratios[1:])


def _cosines(old: Rows, new: Rows, scores: bool) -> NDArray[np.float64]:
    """One a text, of all its numbers; of scores one for all pairs.

    Of scores it is what they are above or below their mean, which is what ranks: scores that lie far from
    zero would all look alike.
    """
    if scores or all(row.size == 1 for row in old):
        left, right = (np.stack(rows).astype(np.float64) for rows in (old, new))
        middle = left.mean(axis=0)
        return np.array([_cosine(left - middle, right - middle)])
    return np.array([_cosine(a, b) for a, b in zip(old, new, strict=True)])


def _cosine(a: NDArray[Any], b: NDArray[Any]) -> float:
    left, right = (np.asarray(each, np.float64).ravel() for each in (a, b))
    length = float(np.linalg.norm(left) * np.linalg.norm(right))
    if length == 0.0:
        return 1.0 if np.array_equal(left, right) else 0.0
    return float(left @ right) / length


def _overlap(old: Rows, new: Rows) -> float | None:
    if len(old) <= NEIGHBOURS + 1 or any(row.ndim != 1 or row.size == 1 for row in old):
        return None
    left, right = (_nearest(np.stack(rows)) for rows in (old, new))
    shared = [len(set(a) & set(b)) / NEIGHBOURS for a, b in zip(left, right, strict=True)]
    return float(np.mean(shared))


def _nearest(rows: NDArray[Any]) -> NDArray[np.int64]:
    unit = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    scores = unit @ unit.T
    np.fill_diagonal(scores, -np.inf)
    return np.asarray(np.argsort(-scores, axis=1, kind="stable")[:, :NEIGHBOURS], np.int64)


def _spearmans(
    before: Pipeline, now: Pipeline, pairs: Sequence[Pair]
) -> tuple[float, float] | None:
    if not pairs:
        return None
    truth = [score for *_, score in pairs]
    return spearman(_likeness(before, pairs), truth), spearman(_likeness(now, pairs), truth)


def _likeness(pipeline: Pipeline, pairs: Sequence[Pair]) -> list[float]:
    """What a model says of pairs: its own score if it reads them together, else the cosine of vectors."""
    job = _job(pipeline)
    if job.output == SCORES:
        rows, _ = pipeline.run([(a, b) for a, b, _ in pairs], job)
        return [float(row.ravel()[0]) for row in rows]
    left, _ = pipeline.run([a for a, _, _ in pairs], job)
    right, _ = pipeline.run([b for _, b, _ in pairs], job)
    return [_cosine(_pooled(a), _pooled(b)) for a, b in zip(left, right, strict=True)]


def _pooled(row: NDArray[Any]) -> NDArray[Any]:
    return row if row.ndim == 1 else np.asarray(row.mean(axis=0))


def _gap(found: Rows, expected: Rows) -> float:
    scale = max((float(np.abs(row).max(initial=0.0)) for row in expected), default=0.0) or 1.0
    return max(
        float(np.abs(a - b).max(initial=0.0)) / scale for a, b in zip(found, expected, strict=True)
    )
