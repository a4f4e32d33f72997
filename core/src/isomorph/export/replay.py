"""Running probes, and judging numbers by those that were expected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import BadModel, InputError
from isomorph.export.probes import AnyProbe, Probe, Recorded, prepare_probes
from isomorph.export.samples import Sample, prepare_samples
from isomorph.files.names import PROBES as FILE
from isomorph.preprocess.encoded import Encoded
from isomorph.preprocess.protocol import Inputs, Prepared, Preparer
from isomorph.preprocess.text import Text
from isomorph.runtime.number_types import coarsest
from isomorph.runtime.pipeline import Pipeline
from isomorph.runtime.plan import Runner
from isomorph.runtime.rows import forward
from isomorph.schedule.batches import Batch

RAGGED = 8
"""Rows of the batches in which probes of different lengths go together."""
REPLAYED_SHORT, REPLAYED_LONG = 8, 1

_COARSER = {"float16": 1e-2, "bfloat16": 5e-2}
"""What replaces the tolerance, which is for float32, where arithmetic or weights are of fewer bits."""

Rows = list[NDArray[np.float32]]
Probes = Sequence[AnyProbe]


@dataclass(frozen=True, slots=True)
class Gap:
    """The largest difference that was found: of which probe, how it was run, and how large.

    ``size`` is in units of the largest expected component, inf where a value is not finite or where
    the shape is another; ``fault`` says so in words.
    """

    probe: AnyProbe
    way: str
    size: float
    fault: str

    def __str__(self) -> str:
        return f"probe {self.probe}, {self.way}, {self.fault}"


def prepared_for(inputs: Inputs, preparer: Preparer, probes: Probes) -> Prepared:
    """The numbers of probes: of texts, or of samples."""
    texts = [each for each in probes if isinstance(each, Probe)]
    if texts:
        return prepare_probes(preparer, texts)
    return prepare_samples(inputs, [each for each in probes if isinstance(each, Sample)])


def run_all(
    runner: Runner, prepared: Prepared, mixed: bool, told: Callable[[int], object] = lambda _: None
) -> Rows:
    """The results of the probes: each alone or, when `mixed`, those of `mixture` in ragged batches.

    Where the graph can leave a prompt out, the mixed ones have one of a single token. After each batch
    `told` gets the positions that were computed.
    """
    output = runner.plan.model.graph.outputs[0]
    order = mixture(len(prepared.lengths)) if mixed else range(len(prepared.lengths))
    if isinstance(prepared, Encoded):
        prepared = replace(prepared, prompted=int(mixed))
    results: dict[int, NDArray[np.float32]] = {}
    for batch in batches(prepared, mixed):
        results |= forward(runner, batch, prepared, output).parts
        told(len(batch.rows) * batch.width)
    return [results[index] for index in order]


def batches(prepared: Prepared, mixed: bool) -> Iterator[Batch]:
    """How `run_all` puts probes together."""
    count = len(prepared.lengths)
    order, size = (mixture(count), RAGGED) if mixed else (range(count), 1)
    for start in range(0, len(order), size):
        rows = tuple(order[start : start + size])
        yield Batch(rows, max(1, int(max(prepared.lengths[index] for index in rows))))


def mixture(count: int) -> range | list[int]:
    """A third of the probes, every text once, at a length that changes from text to text."""
    texts = count // 3
    return [text + texts * (text % 3) for text in range(texts)]


def largest_gap(found: Rows, expected: Rows, probes: Probes, way: str, output: str) -> Gap:
    """The worst probe."""
    scale = max((float(np.abs(row).max(initial=0.0)) for row in expected), default=0.0) or 1.0
    gaps = [
        _gap(mine, theirs, scale, probe, way, output)
        for mine, theirs, probe in zip(found, expected, probes, strict=True)
    ]
    return max(gaps, key=lambda gap: gap.size)


def _gap(
    found: NDArray[np.float32],
    expected: NDArray[np.float32],
    scale: float,
    probe: AnyProbe,
    way: str,
    output: str,
) -> Gap:
    infinite = float("inf")
    if found.shape != expected.shape:
        fault = f"{output!r} has shape {found.shape} and not {expected.shape}"
        return Gap(probe, way, infinite, fault)
    if not np.isfinite(found).all() or not np.isfinite(expected).all():
        return Gap(probe, way, infinite, f"{output!r} is not finite")
    size = float(np.abs(found - expected).max(initial=0.0)) / scale
    return Gap(probe, way, size, f"{output!r} differs by {size:.1e} of its largest component")


def summary(row: NDArray[np.float32]) -> NDArray[np.float32]:
    """The vector by which a result is remembered."""
    return row if row.ndim == 1 else row.mean(axis=0, dtype=np.float32)


def replay(pipelines: Iterable[Pipeline]) -> None:
    """Runs a few of the probes that travel with each chain of a model, as it is planned, and compares.

    Raises:
        InputError: no probes travel with it.
        BadModel: the numbers are not those with which it was exported.
    """
    for pipeline in pipelines:
        _replay(pipeline)


def _replay(pipeline: Pipeline) -> None:
    model = pipeline.model
    if model.file(FILE) is None:
        raise InputError(
            f"verify=True replays the probes of an exported model, but {model.folder} holds no {FILE}. "
            "Make a folder that does with 'isomorph export', or compare installed backends with "
            "'isomorph verify'."
        )
    recorded = Recorded.read(model.files, model.place)
    written = [name for module in model.graph.modules for name in module.outputs]
    if recorded.output not in written:
        raise BadModel(
            f"{model.folder / FILE} has probes of {recorded.output[:100]!r}, but the model writes "
            f"{', '.join(dict.fromkeys(written))}. Export it again."
        )
    picked = list(_few(recorded.probes))
    probes = [recorded.probes[index] for index in picked]
    runner = pipeline.runner(recorded.output)
    if isinstance(probes[0], Probe) != isinstance(model.inputs, Text):
        raise BadModel(f"{model.folder / FILE} has probes of other inputs than the model takes.")
    prepared = prepared_for(model.inputs, pipeline.preparer, probes)
    rows = run_all(runner, prepared, mixed=False)
    expected = [recorded.vectors[index] for index in picked]
    found = [summary(row) for row in rows]
    gap = largest_gap(found, expected, probes, "alone", recorded.output)
    tolerance = _COARSER.get(coarsest(runner.effective), recorded.tolerance)
    if gap.size > tolerance:
        raise BadModel(
            f"{model.folder} does not give the numbers with which it was exported, in backend "
            f"{pipeline.plan.info.name!r}: {gap} ({tolerance:.0e} is allowed). Export it again."
        )


def _few(probes: Probes) -> Iterator[int]:
    """Short ones from all over the list, and the last of the longest."""
    cuts = sorted({probe.length for probe in probes})
    short = [i for i, probe in enumerate(probes) if probe.length == cuts[len(cuts) > 1]]
    yield from short[:: max(1, len(short) // REPLAYED_SHORT)][:REPLAYED_SHORT]
    long = [i for i, probe in enumerate(probes) if probe.length == cuts[-1]]
    yield from long[-REPLAYED_LONG:]
