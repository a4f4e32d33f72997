"""A model in other processes: pickled as the way to load it, and run by the workers of a pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from isomorph.arguments.rules import checked
from isomorph.contract import Model
from isomorph.errors import InputError, Unsupported
from isomorph.files.guard import reading
from isomorph.files.steady import steadily
from isomorph.machine.forks import WORK
from isomorph.models.arguments import model_with
from isomorph.models.loading import Blueprint, Loading
from isomorph.modules.trusting import trusting
from isomorph.pool.placement import HERE, Placement
from isomorph.program.examine import examine
from isomorph.resolve import Request, resolve
from isomorph.runtime.pipeline import Job
from isomorph.runtime.report import CallReport
from isomorph.runtime.routing import Routing

if TYPE_CHECKING:
    from isomorph.parts.build import Built
    from isomorph.pool.pool import WorkerPool

_MADE_ANEW = ("_routing", "_loading", "_last_call", "_handed_out")


class Portable:
    """What makes a model small to send: it is pickled without weights, a few kB in all.

    What goes along is the resolved folder, how it was loaded, and the present settings. The model that
    `pickle.loads` or `copy.deepcopy` makes reads the folder again, without a network, and loads weights
    when it is first used; where engines map weight files, processes on one machine share them.
    A model that was built from parts lies in a folder that ends with it: a pickle of it is good for
    other processes while it lives, such as the workers of a pool. To keep it, save it.
    """

    model_type: ClassVar[str]
    _routing: Routing
    _loading: Loading
    _last_call: CallReport
    _handed_out: bool
    _built: Built | None = None

    def _folder(self, name: str | Path | None, modules: Any, request: Request) -> Path:
        """Where the model lies: found by its name, or built from parts."""
        if modules is None:
            if name is None:
                raise InputError("Say which model: a folder, package:DISTRIBUTION, or a Hub id.")
            return resolve(str(name), request)
        if name is not None or request.revision is not None:
            raise InputError(
                "modules= builds a model from parts, and model_name_or_path and revision= name one that "
                "there is. Pass one or the other."
            )
        from isomorph.parts.build import build  # with what writes model folders

        self._built = build(modules, self.model_type, request)
        return self._built.folder

    def _read(self, folder: Path) -> Model:
        raise NotImplementedError

    def _complete(self, model: Model) -> Model:
        raise NotImplementedError

    def _plan(self, loading: Loading, backend: str | None, device: str | None) -> None:
        """Reads the folder and plans who runs what."""

        def planned() -> Routing:
            with reading(loading.folder):
                read = self._complete(self._read(loading.folder))
            read = trusting(read, loading.options.trust_remote_code)
            model = model_with(read, loading.files, loading.processor_kwargs)
            examine(model)
            return Routing(model, backend, device, loading.strict, loading.options)

        with WORK():  # reading and planning import modules, engines among them
            self._routing = steadily(loading.folder, planned, lambda found: found.main.model.files)
        self._loading = loading
        self._last_call = CallReport()
        self._handed_out = False

    @property
    def _blueprint(self) -> Blueprint:
        """What this model computes.

        Raises:
            Unsupported: the live model was handed out: what was changed in it is nowhere else.
        """
        if self._handed_out:
            raise Unsupported(
                "The live model of this backend was handed out, so its weights may be others than those "
                "of the folder, and another process or a copy would not have them: save it, and load "
                "what was saved."
            )
        routing = self._routing
        return Blueprint(self._loading, routing.main.plan.info.name, routing.changed)

    def __getstate__(self) -> dict[str, Any]:
        return {
            "blueprint": self._blueprint,
            "device": str(self._routing.main.plan.claim.device),
            "lengths": self._routing.lengths,
            "files": self._routing.main.model.files.digests(),
            "attributes": {k: v for k, v in self.__dict__.items() if k not in _MADE_ANEW},
        }

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__dict__.update(state["attributes"])
        blueprint: Blueprint = state["blueprint"]
        self._plan(blueprint.loading, blueprint.backend, state["device"])
        self._routing.main.model.files.refuse_others(state["files"])
        self._routing.restore(state["lengths"], blueprint.changed)

    def _answer(
        self, inputs: Sequence[Any], job: Job, place: Placement = HERE
    ) -> tuple[Sequence[Any], CallReport]:
        """What is kept of each input, and what happened to them.

        Raises:
            InputError: the pool is another model's, or an input cannot be encoded; nothing was sent then.
        """
        pipeline = self._routing.pick(job.task)
        if not place.pool and not place.devices:
            return pipeline.run(inputs, job)
        pipeline.check(inputs, job)  # a worker would count inputs from the start of its chunk
        job = replace(job, refuse_long=False)
        if place.pool is not None:
            place.pool.check(self._blueprint)
            return place.pool.run(inputs, job, place.chunk_size)
        with self.start_multi_process_pool(place.devices) as pool:
            return pool.run(inputs, job, place.chunk_size)

    # -- pools ------------------------------------------------------------------------------------

    @checked
    def start_multi_process_pool(self, target_devices: Sequence[str] | None = None) -> WorkerPool:
        """Processes that each load this model; `encode` and `predict` take them as ``pool``.

        The pool is a context manager. It serves any number of threads at once. This model stays where
        it is, and need not have loaded anything. A worker dies with this process.

        Args:
            target_devices: one worker for each, such as ``["cpu", "cpu"]``. None takes all devices of
                the first kind other than the CPU; without one at most four workers on the CPU, no
                more than there are CPUs. The CPUs are shared out among the workers.

        Returns:
            A pool whose workers have read the model. Close it, or use it in a ``with`` statement.

        Raises:
            DeviceUnavailable: the backend does not have such a device.
            InputError: no device is named, or a setting of this model cannot be pickled.
            Unsupported: the live model was handed out.
            PoolBroken: a worker ended while it started.
        """
        from isomorph.pool.pool import WorkerPool  # with multiprocessing, which few programs need
        from isomorph.pool.start import chosen, pickled, start_workers

        plan = self._routing.main.plan
        devices = chosen(target_devices, plan.backend.devices(), plan.info.name)
        return WorkerPool(self._blueprint, start_workers(pickled(self), devices))

    @staticmethod
    def stop_multi_process_pool(pool: WorkerPool) -> None:
        """Ends the workers of a pool. Once more does nothing."""
        from isomorph.pool.pool import WorkerPool

        if not isinstance(pool, WorkerPool):
            raise InputError(f"This is no pool but {type(pool).__name__}.")
        pool.close()
