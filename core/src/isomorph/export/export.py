"""One export, from a name to a published folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from isomorph.contract import BackendInfo, Claim, Model, Options
from isomorph.errors import ExportFailed, IsomorphError
from isomorph.export.folder import copy_model, published
from isomorph.export.probes import write_recorded
from isomorph.export.proof import Proof, prove, standing_alone
from isomorph.export.shown import say, showing
from isomorph.export.verify import TOLERANCE
from isomorph.machine.cpu import effective_cpus
from isomorph.machine.foreign import is_of_the_program
from isomorph.messages.shown import cause_shown
from isomorph.plugins.discovery import Plugins, installed
from isomorph.plugins.door import asking
from isomorph.plugins.reading import read_model
from isomorph.reference.backend import CPU, ReferenceBackend
from isomorph.resolve import Request, resolve
from isomorph.runtime.plan import Plan, Runner, make_plan
from isomorph.runtime.selection import pick_device


@dataclass(frozen=True, slots=True)
class Exported:
    """What was published. ``difference`` is the largest one that any of the ``probes`` showed."""

    folder: Path
    artifacts: tuple[Path, ...]
    """The file of each chain, that of the default one first."""
    source: str
    probes: int
    difference: float

    @property
    def artifact(self) -> Path:
        """That of the default chain."""
        return self.artifacts[0]


def export_model(
    name: str | Path,
    backend: str,
    output: str | Path,
    *,
    weights: bool = True,
    force: bool = False,
    tolerance: float = TOLERANCE,
    trust_remote_code: bool = False,
    show_progress_bar: bool = False,
    plugins: Plugins | None = None,
) -> Exported:
    """Makes a model folder whose artifacts `backend` runs, and publishes it if they prove right.

    Each chain of the model, for a task or a modality, gets an artifact of its own. Where the backend lowers
    every module of it, it saves what it lowered, judged by the numpy reference. Otherwise its exporter reads
    the live model of another backend, which is then the judge.

    Args:
        name: a folder, ``package:DISTRIBUTION``, or a Hub id.
        backend: the backend that will run the artifact.
        output: the folder to make.
        weights: copy the model's own weights too; the artifacts do not need them.
        force: replace an earlier export.
        tolerance: of the largest component of all expected vectors.
        trust_remote_code: lets a backend that can run code from the model folder do so.
        show_progress_bar: says on stderr what is done, and how far the probes are.
        plugins: in place of those that are installed.

    Raises:
        ModelError: the model cannot be found or read.
        BackendError: a backend or an exporter is missing; says what there is and what to run.
        ExportFailed: the artifact could not be made, or gave other numbers.
        InputError: the output folder cannot be used.
        Unsupported: the backend has no artifacts, or the source cannot run the whole model.
    """
    plugins = plugins or installed()
    target = Path(output).absolute()
    plugins.info(backend)  # says what there is before anything is fetched
    source = resolve(str(name), Request(organization="sentence-transformers"))
    model = read_model(source)
    options = Options(threads=effective_cpus(), trust_remote_code=trust_remote_code)
    with showing(show_progress_bar), published(target, source, force) as fresh:
        copy_model(model, fresh, weights)
        proofs: list[Proof] = []
        for chain in model.each():
            of = f" for {chain.place}" if chain.place else ""
            say(f"Making the artifact of {backend}{of} …")
            with _making(chain, backend, fresh, options, plugins) as judge:
                plan = standing_alone(plugins.info(backend), plugins.backend(backend), fresh, judge)
                proofs.append(prove(plan, judge, tolerance, options))
        write_recorded([proof.recorded for proof in proofs], fresh)
    return Exported(
        target,
        tuple(target / proof.artifact.relative_to(fresh) for proof in proofs),
        proofs[0].recorded.versions["source"],
        sum(len(proof.recorded.probes) for proof in proofs),
        max(proof.gap.size for proof in proofs),
    )


@contextmanager
def _making(
    model: Model, backend: str, fresh: Path, options: Options, plugins: Plugins
) -> Iterator[Runner]:
    """Writes the artifact, and gives the runner that judges it."""
    info, engine = plugins.info(backend), plugins.backend(backend)
    claim = engine.claim(model, pick_device(info, engine, CPU))
    if claim.depth == len(model.graph) and claim.artifact is None:
        session = engine.load(model, claim, options)
        with (
            asking(info, "close", claim.device),
            closing(session),
            asking(info, "save", claim.device),
        ):
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
        except BaseException as cause:  # the tools behind it may raise anything
            if is_of_the_program(cause):
                raise
            why = f"its exporter ({offer.distribution}) raised {cause_shown(cause)}"
            raise ExportFailed(backend, why) from cause
        yield runner
