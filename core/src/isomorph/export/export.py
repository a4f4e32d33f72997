"""One export, from a name to a published folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from isomorph import __version__
from isomorph.contract import BackendInfo, Claim, Model, Options
from isomorph.cpu import effective_cpus
from isomorph.errors import ExportFailed, IsomorphError, Unsupported
from isomorph.export.folder import check_target, copy_model, published
from isomorph.export.probes import Recorded, encode_probes, make_probes
from isomorph.export.replay import Gap, Rows, largest_gap, mixture, run_all, summary
from isomorph.plan import Plan, Runner, make_plan
from isomorph.plugins import Plugins, installed
from isomorph.prepare.tokenize import TextEncoder
from isomorph.read.model import read_model
from isomorph.reference.backend import CPU, ReferenceBackend
from isomorph.resolve import Request, resolve
from isomorph.selection import pick_device
from isomorph.verify import TOLERANCE


@dataclass(frozen=True, slots=True)
class Exported:
    """What was published. ``difference`` is the largest one that any probe showed."""

    folder: Path
    artefact: Path
    source: str
    probes: int
    difference: float


def export_model(
    name: str | Path,
    backend: str,
    output: str | Path,
    *,
    weights: bool = True,
    force: bool = False,
    tolerance: float = TOLERANCE,
    trust_remote_code: bool = False,
    plugins: Plugins | None = None,
) -> Exported:
    """Makes a model folder whose artefact `backend` runs, and publishes it if it proves right.

    Where the backend lowers every module, it saves what it lowered, judged by the numpy reference.
    Otherwise its exporter reads the live model of another backend, which is then the judge.

    Args:
        name: a folder, ``package:DISTRIBUTION``, or a Hub id.
        backend: the backend that will run the artefact.
        output: the folder to make.
        weights: copy the model's own weights too; the artefact does not need them.
        force: replace an earlier export.
        tolerance: of the largest component of all expected vectors.
        trust_remote_code: lets a backend that can run code from the model folder do so.
        plugins: in place of those that are installed.

    Raises:
        ModelError: the model cannot be found or read.
        BackendError: a backend or an exporter is missing; says what there is and what to run.
        ExportFailed: the artefact could not be made, or gave other numbers.
        InputError: the output folder cannot be used.
        Unsupported: the backend has no artefacts, or the source cannot run the whole model.
    """
    plugins = plugins or installed()
    target = Path(output).absolute()
    plugins.info(backend)  # says what there is before anything is fetched
    source = resolve(str(name), Request(organization="sentence-transformers"))
    check_target(target, source, force)
    model = read_model(source)
    options = Options(threads=effective_cpus(), trust_remote_code=trust_remote_code)
    with published(target) as fresh:
        copy_model(source, fresh, weights)
        with _making(model, backend, fresh, options, plugins) as judge:
            proof = _prove(backend, fresh, judge, tolerance, options, plugins)
        proof.recorded.write(fresh)
    place = target / proof.artefact.relative_to(fresh)
    made_by = proof.recorded.versions["source"]
    return Exported(target, place, made_by, len(proof.recorded.probes), proof.gap.size)


@contextmanager
def _making(
    model: Model, backend: str, fresh: Path, options: Options, plugins: Plugins
) -> Iterator[Runner]:
    """Writes the artefact, and gives the runner that judges it."""
    info, engine = plugins.info(backend), plugins.backend(backend)
    claim = engine.claim(model, pick_device(info, engine, CPU))
    if claim.depth == len(model.graph) and claim.artefact is None:
        with closing(engine.load(model, claim, options)) as session:
            session.save(fresh)
        own = ReferenceBackend()
        judge = Plan(model, BackendInfo("reference", ""), own, own.claim(model, CPU))
        with closing(judge.open(options)) as runner:
            yield runner
        return
    exporter, offer = plugins.exporter(backend), plugins.exporter_info(backend)
    origin = plugins.info(offer.source)
    plan = make_plan(model, origin, plugins.backend(origin.name), Claim(CPU, 0), strict=True)
    with closing(plan.open(options)) as runner:
        assert runner.session is not None  # strict: the source runs every module
        try:
            exporter(model, runner.session, fresh)
        except IsomorphError:
            raise
        except Exception as cause:  # the tools behind it may raise anything
            why = f"its exporter ({offer.distribution}) raised {type(cause).__name__}: {cause}"
            raise ExportFailed(backend, why) from cause
        yield runner


@dataclass(frozen=True, slots=True)
class _Proof:
    artefact: Path
    recorded: Recorded
    gap: Gap


def _prove(
    backend: str,
    fresh: Path,
    judge: Runner,
    tolerance: float,
    options: Options,
    plugins: Plugins,
) -> _Proof:
    """Runs the probes in the judge and in the artefact, each alone and in ragged batches.

    Raises:
        ExportFailed: the artefact cannot be used, or gives other numbers.
        Unsupported: the backend has no artefacts.
    """
    model, output = judge.plan.model, judge.plan.model.graph.outputs[0]
    encoder = TextEncoder(model.text)
    probes = make_probes(encoder, model.text.max_length)
    encoded = encode_probes(encoder, probes)
    ways = {"alone": False, "in a ragged batch": True}
    expected = {way: run_all(judge, encoded, mixed) for way, mixed in ways.items()}
    if not all(np.isfinite(row).all() for rows in expected.values() for row in rows):
        raise ExportFailed(backend, f"{judge.effective.engine} itself gives values not finite")
    plan = _standing_alone(backend, fresh, plugins)
    artefact = plan.claim.artefact
    assert artefact is not None
    picked = [probes[index] for index in mixture(len(probes))]
    try:
        with closing(plan.open(options)) as runner:
            found: dict[str, Rows] = {w: run_all(runner, encoded, m) for w, m in ways.items()}
            engine = runner.effective.engine
    except Exception as cause:  # an engine may raise anything
        why = f"its artefact does not run: {type(cause).__name__}: {cause}"
        raise ExportFailed(backend, why) from cause
    gap = max(
        (
            largest_gap(found[way], expected[way], picked if mixed else probes, way, output)
            for way, mixed in ways.items()
        ),
        key=lambda gap: gap.size,
    )
    if gap.size > tolerance:
        raise ExportFailed(
            backend, f"its artefact gives other numbers: {gap} ({tolerance:.0e} is allowed)"
        )
    versions = {
        "isomorph": __version__,
        "source": f"{judge.plan.info.name}, {judge.effective.engine}",
        "artefact": f"{backend}, {engine}",
    }
    vectors = np.stack([summary(row) for row in expected["alone"]])
    return _Proof(artefact, Recorded(output, tolerance, versions, probes, vectors), gap)


def _standing_alone(backend: str, fresh: Path, plugins: Plugins) -> Plan:
    """The plan for the new folder without its tensors, so that the artefact alone can answer."""
    info, engine = plugins.info(backend), plugins.backend(backend)
    try:
        model = replace(read_model(fresh), tensors={})
        plan = make_plan(model, info, engine, Claim(CPU, 0))
    except IsomorphError as cause:
        raise ExportFailed(backend, f"its artefact cannot be used: {cause}") from cause
    if plan.claim.artefact is None:
        raise Unsupported(
            f"Backend {backend!r} runs a model's weights as they are and has no artefacts: there is "
            "nothing to export."
        )
    if plan.claim.depth < len(model.graph):
        why = f"its artefact holds {plan.claim.depth} of {len(model.graph)} modules"
        raise ExportFailed(backend, f"{why}: {plan.claim.stop}")
    return plan
