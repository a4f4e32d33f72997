"""The proof of an artifact: alone in its folder, it gives the numbers of its source."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from isomorph.contract import Backend, BackendInfo, Options
from isomorph.errors import ExportFailed, IsomorphError, Unsupported
from isomorph.export.probes import AnyProbe, Recorded, make_probes
from isomorph.export.replay import (
    Gap,
    Rows,
    batches,
    largest_gap,
    mixture,
    prepared_for,
    run_all,
    summary,
)
from isomorph.export.samples import make_samples
from isomorph.export.shown import told
from isomorph.plugins.reading import read_model
from isomorph.preprocess.protocol import Inputs, Prepared, Preparer
from isomorph.preprocess.text import Text
from isomorph.reference.backend import CPU, ReferenceBackend
from isomorph.runtime.plan import Plan, Runner
from isomorph.version import __version__

WAYS = {"alone": False, "in a ragged batch": True}
"""How the probes are run, and whether that mixes them."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What is published with an artifact, and the largest difference that was found."""

    artifact: Path
    recorded: Recorded
    gap: Gap


def standing_alone(info: BackendInfo, backend: Backend, fresh: Path, judge: Runner) -> Plan:
    """The plan for the judge's chain in the new folder without its tensors: only the artifact can answer.

    Raises:
        ExportFailed: the artifact cannot be used, or does not hold the whole model.
        Unsupported: the backend has no artifacts.
    """
    try:
        read = replace(read_model(fresh), tensors={})
        place = judge.plan.model.place
        model = next(each for each in read.each() if each.place == place)
        claim = backend.claim(model, CPU)
    except IsomorphError as cause:
        raise ExportFailed(info.name, f"its artifact cannot be used: {cause}") from cause
    length = len(model.graph)
    if claim.artifact is not None and claim.depth == length:
        return Plan(model, info, backend, claim)
    if claim.artifact is None and isinstance(judge.plan.backend, ReferenceBackend):
        raise Unsupported(
            f"Backend {info.name!r} runs a model's weights as they are and has no artifacts: there is "
            "nothing to export."
        )
    reason = claim.reason.rstrip(".")
    if claim.artifact is None:
        raise ExportFailed(info.name, f"its exporter wrote no artifact that it runs: {reason}")
    why = f"its artifact holds {claim.depth} of {length} modules: {reason}"
    raise ExportFailed(info.name, why)


def prove(plan: Plan, judge: Runner, tolerance: float, options: Options) -> Proof:
    """Runs the probes in the judge and in the artifact, alone and in ragged batches.

    Raises:
        ExportFailed: the artifact does not run, or gives other numbers.
    """
    model, name = judge.plan.model, plan.info.name
    output = model.graph.outputs[0]
    inputs = model.inputs
    preparer = inputs.preparer()
    probes = probes_for(inputs, preparer)
    prepared = prepared_for(inputs, preparer, probes)
    expected = _run(judge, prepared, f"Probes in {judge.plan.info.name}")
    if not all(np.isfinite(row).all() for rows in expected.values() for row in rows):
        raise ExportFailed(name, f"{judge.effective.engine} itself gives values not finite")
    try:
        found, engine = _answers(plan, prepared, options)
    except Exception as cause:  # an engine may raise anything
        why = f"its artifact does not run: {type(cause).__name__}: {cause}"
        raise ExportFailed(name, why) from cause
    gap = _worst(found, expected, probes, output)
    if gap.size > tolerance:
        why = f"its artifact gives other numbers: {gap} ({tolerance:.0e} is allowed)"
        raise ExportFailed(name, why)
    versions = {
        "isomorph": __version__,
        "source": f"{judge.plan.info.name}, {judge.effective.engine}",
        "artifact": f"{name}, {engine}",
    }
    vectors = np.stack([summary(row) for row in expected["alone"]])
    assert plan.claim.artifact is not None
    recorded = Recorded(output, tolerance, versions, probes, vectors, place=model.place)
    return Proof(plan.claim.artifact, recorded, gap)


def probes_for(inputs: Inputs, preparer: Preparer) -> tuple[AnyProbe, ...]:
    """Texts where a model takes texts, else samples of what it takes."""
    if isinstance(inputs, Text):
        return make_probes(preparer, inputs.max_length)
    return make_samples(inputs)


def _answers(plan: Plan, prepared: Prepared, options: Options) -> tuple[dict[str, Rows], str]:
    """What the artifact says, and the engine that said it."""
    with closing(plan.open(options)) as runner:
        found = _run(runner, prepared, f"Probes in {plan.info.name}'s artifact")
        return found, runner.effective.engine


def _run(runner: Runner, prepared: Prepared, title: str) -> dict[str, Rows]:
    """The results by the way the probes are run; a bar goes by the positions that are computed."""
    with told(title, list(_sizes(prepared))) as tell:
        return {way: run_all(runner, prepared, mixed, tell) for way, mixed in WAYS.items()}


def _sizes(prepared: Prepared) -> Iterator[int]:
    for mixed in WAYS.values():
        for batch in batches(prepared, mixed):
            yield len(batch.rows) * batch.width


def _worst(
    found: dict[str, Rows],
    expected: dict[str, Rows],
    probes: tuple[AnyProbe, ...],
    output: str,
) -> Gap:
    picked = [probes[index] for index in mixture(len(probes))]
    gaps = [
        largest_gap(found[way], expected[way], picked if mixed else probes, way, output)
        for way, mixed in WAYS.items()
    ]
    return max(gaps, key=lambda gap: gap.size)
