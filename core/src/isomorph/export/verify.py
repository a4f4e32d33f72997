"""Whether every installed backend gives the vectors of the reference, on this machine, for a model.

    for verdict in verify("all-MiniLM-L6-v2"):
        print(verdict.backend, verdict.outcome, verdict.difference)

The reference is numpy, judged elsewhere against recorded values; here it judges the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import BackendInfo, Model, Options
from isomorph.errors import BackendError, BackendUnavailable, DeviceUnavailable, PluginFailed
from isomorph.model.chain import Chain
from isomorph.plugins.discovery import Plugins, installed
from isomorph.plugins.reading import read_model
from isomorph.preprocess.messages.heard import as_heard
from isomorph.preprocess.text import Text
from isomorph.reference.backend import CPU, ReferenceBackend
from isomorph.resolve import Request, resolve
from isomorph.runtime.job import Job
from isomorph.runtime.pipeline import Pipeline
from isomorph.runtime.plan import Plan
from isomorph.runtime.selection import choose

Outcome = Literal["same", "differs", "failed", "unavailable", "nothing native"]

TOLERANCE = 1e-5
"""Of the output's largest component: some 80 float32 steps, above rounding and below any defect."""
LENGTHS = (1, 2, 3, 5, 8, 13, 40)
"""Of the samples where inputs are no texts."""
LONGEST = 512
"""Probes are cut here where a model takes more: attention in numpy grows with the square."""

PROBES = (
    "",
    " ",
    "word",
    "A short sentence, as people write them.",
    "UPPER and lower case, déjà vu, naïve café: ÀÉÎÕÜ.",
    "自然言語処理は面白い。机器学习改变世界。",
    "한국어 문장과 العربية والعربية, हिन्दी में एक वाक्य.",
    "👩‍👩‍👧‍👦 family 🎉🎉 party 🇫🇷 flag 👍🏽",
    "tabs\tand\nnew lines\r\n, control \x07 and zero-width\u200bspace",
    "def f(x): return {k: v for k, v in x.items() if v != 0}  # 3.14159e-10 <html>&amp;</html>",
    "Supercalifragilisticexpialidocious" * 8,
    "The committee met on Tuesday and adjourned on Friday without a decision. " * 6,
    "one two three four five six seven eight nine ten " * 200,
)
"""Empty, one word, scripts, emoji, control characters, a long word, and one beyond every maximum.

Together they are a ragged batch.
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One backend against the reference.

    ``native`` of ``modules`` ran in it. ``difference`` is the largest difference of a component, in
    units of the output's largest. ``reason`` says why there is none, or none that is finite, "" where there
    is one.
    """

    backend: str
    outcome: Outcome
    device: str = ""
    native: int = 0
    modules: int = 0
    difference: float | None = None
    reason: str = ""
    chain: str = ""
    """Of a model with several chains the one that was judged, by its route or modality."""

    @property
    def wrong(self) -> bool:
        """Whether something must be repaired: other numbers, or a backend that raised."""
        return self.outcome in ("differs", "failed")


def verify(
    name: str | Path,
    device: str | None = None,
    tolerance: float = TOLERANCE,
    inputs: Sequence[Any] | None = None,
    plugins: Plugins | None = None,
) -> list[Verdict]:
    """One verdict a backend and chain, without the reference; then those of plugins that are broken.

    A backend that raises is a verdict, not an exception. Each chain gets texts of many kinds, or samples of
    what it takes; with `inputs` the default chain alone is judged, by them.

    Raises:
        ModelError: the model cannot be found or read.
        Unsupported: the reference cannot run it.
    """
    plugins = plugins or installed()
    read = read_model(resolve(str(name), Request(organization="sentence-transformers")))
    chains = list(_named(read)) if inputs is None else [("", read.only(read.chain))]
    verdicts: list[Verdict] = []
    for called, model in chains:
        given = _probes(model) if inputs is None else inputs
        judged = _judged(model, device, tolerance, given, plugins)
        verdicts += [replace(each, chain=called if len(chains) > 1 else "") for each in judged]
    broken: list[tuple[str, BackendError]] = [(f.name, f) for f in plugins.failed]
    broken += sorted(plugins.ambiguous.items())
    return verdicts + [Verdict(name, "failed", reason=str(why)) for name, why in broken]


def _named(read: Model) -> Iterator[tuple[str, Model]]:
    """Each different chain alone, with the name of the first route to it, or of its modality."""
    seen: list[Chain] = []
    for route, chain in read.chains.items():
        if not any(chain is each for each in seen):
            seen.append(chain)
            yield " and ".join(route) or chain.inputs.modality, read.only(chain)


def _judged(
    model: Model,
    device: str | None,
    tolerance: float,
    inputs: Sequence[Any],
    plugins: Plugins,
) -> list[Verdict]:
    """One verdict a backend of one chain."""
    own = ReferenceBackend()
    info = BackendInfo("reference", "")
    expected = _outputs(Plan(model, info, own, own.claim(model, CPU)), inputs)
    others = [info for info in plugins.unasked if info.target != _TARGET]
    return [_judge(i, model, device, tolerance, inputs, expected, plugins) for i in others]


_TARGET = f"{ReferenceBackend.__module__}:{ReferenceBackend.__qualname__}"


def largest_difference(found: Sequence[NDArray[Any]], expected: Sequence[NDArray[Any]]) -> float:
    """The largest difference of a component over the largest expected component; inf for NaN."""
    if len(found) != len(expected) or any(
        a.shape != b.shape for a, b in zip(found, expected, strict=True)
    ):
        return float("inf")
    scale = max((float(np.abs(row).max(initial=0.0)) for row in expected), default=0.0)
    gaps = [float(np.abs(a - b).max(initial=0.0)) for a, b in zip(found, expected, strict=True)]
    largest = max(gaps, default=0.0) if np.isfinite(gaps).all() else float("inf")
    return largest / scale if scale else largest


def _judge(
    info: BackendInfo,
    model: Model,
    device: str | None,
    tolerance: float,
    inputs: Sequence[Any],
    expected: Sequence[NDArray[Any]],
    plugins: Plugins,
) -> Verdict:
    try:
        plan = choose(model, info.name, device, plugins=plugins)
        place, depth, length = str(plan.claim.device), plan.claim.depth, len(model.graph)
        if not depth:
            return Verdict(info.name, "nothing native", place, 0, length, reason=plan.claim.reason)
        difference = largest_difference(_outputs(plan, inputs), expected)
    except (BackendUnavailable, DeviceUnavailable) as why:
        return Verdict(info.name, "unavailable", device or "", reason=str(why))
    except Exception as why:  # whatever an engine raises is what the user wants to know
        reason = str(why) if isinstance(why, PluginFailed) else f"{type(why).__name__}: {why}"
        return Verdict(info.name, "failed", device or "", reason=reason)
    outcome: Outcome = "same" if difference <= tolerance else "differs"
    reason = "" if np.isfinite(difference) else _not_finite(expected)
    return Verdict(info.name, outcome, place, depth, length, difference, reason=reason)


def _not_finite(expected: Sequence[NDArray[Any]]) -> str:
    """Who has numbers that cannot be compared."""
    if all(np.isfinite(each).all() for each in expected):
        return "its numbers are not finite, and those of the reference are"
    return "the reference's own numbers are not finite: weights may be damaged"


def _probes(model: Model) -> Sequence[Any]:
    if isinstance(model.inputs, Text):
        return as_heard(model.inputs, PROBES)
    return [model.inputs.sample(length, length) for length in LENGTHS]


def _outputs(plan: Plan, inputs: Sequence[Any]) -> list[NDArray[Any]]:
    """One array an input through the whole path, so that batching and the cut are judged too."""
    longest = min(plan.model.inputs.max_length or LONGEST, LONGEST)
    pipeline = Pipeline(plan, Options())
    try:
        rows, _ = pipeline.run(inputs, Job(output=plan.model.graph.outputs[0], max_length=longest))
        return [row.copy() for row in rows]
    finally:
        pipeline.close()
