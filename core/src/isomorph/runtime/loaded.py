"""One loaded model: what was read, planned and changed. Nothing else of a model holds state of that kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from isomorph.contract import BackendInfo, Device, Model, Values
from isomorph.errors import InputError, IsomorphError, Unsupported
from isomorph.machine.forks import WORK
from isomorph.resolve.asked import asked_with
from isomorph.runtime.asked import precision_of
from isomorph.runtime.number_types import coarsest
from isomorph.runtime.report import CallReport

if TYPE_CHECKING:
    from isomorph.runtime.job import Job
    from isomorph.runtime.pipeline import Pipeline
    from isomorph.runtime.plan import Runner
    from isomorph.runtime.recipe import Recipe
    from isomorph.runtime.routing import Routing


class Loaded:
    """A model that was read and planned, and loads its weights with the first call that computes.

    It is small to send: a pickle holds the recipe and the present state, a few kB without weights. The
    object that is made of a pickle reads the folder again, without a network.

    Attributes:
        recipe: how the model came to be. What was changed since then is in `settled`.
        routing: its pipelines, one for each different chain.
        handed_out: whether somebody has the live model, so that its weights may be others by now.
        last_call: what happened to the inputs of the last call.
        home: keeps a temporary folder of the model; None for other folders.
    """

    recipe: Recipe
    routing: Routing
    handed_out: bool
    last_call: CallReport
    home: object

    def __init__(self, recipe: Recipe, device: str | None = None, home: object = None) -> None:
        self._begin(recipe, device, home)

    def _begin(self, recipe: Recipe, device: str | None, home: object) -> None:
        self.recipe = recipe
        self.routing = recipe.planned(device)
        self.handed_out = False
        self.last_call = CallReport()
        self.home = home

    @property
    def pipeline(self) -> Pipeline:
        """The one of the default route."""
        return self.routing.main

    @property
    def model(self) -> Model:
        """The default chain alone, as it is now."""
        return self.routing.main.plan.model

    @property
    def whole(self) -> Model:
        """All chains, as they were read."""
        return self.routing.model

    @property
    def backend(self) -> BackendInfo:
        """The backend in use."""
        return self.routing.main.plan.info

    @property
    def device(self) -> Device:
        """Where the claimed modules run."""
        return self.routing.main.plan.claim.device

    # -- calls --------------------------------------------------------------------------------------

    def run(self, inputs: Sequence[Any], job: Job) -> tuple[list[Any], CallReport]:
        """What is kept of each input, in their order, and what happened to them.

        Raises:
            InputError: an input cannot be encoded, or is too long for the job; no forward has run then.
        """
        return self.routing.pick(job.task).run(inputs, job)

    def check(self, inputs: Sequence[Any], job: Job) -> None:
        """Refuses what `run` would refuse, without a forward.

        Raises:
            InputError: as `run`.
        """
        self.routing.pick(job.task).check(inputs, job)

    # -- objects of the engine ----------------------------------------------------------------------

    def native(self, name: str) -> Any:
        """An object of the engine by its name, for whoever changes it; None where there is none.

        Loads the model, unless the backend gives nothing of that name.
        """
        if name not in self.backend.attributes:
            return None
        native = self.pipeline.native
        if name not in native:
            return None
        self.handed_out = True
        with WORK():  # a backend may change its session when it hands something out
            return native[name]

    def refuse_changes(self, why: str) -> None:
        """Refuses what would lose or miss the changes of a live model.

        Raises:
            Unsupported: the live model was handed out; `why` ends the sentence.
        """
        if self.handed_out:
            raise Unsupported(f"The live model of this backend was handed out, {why}")

    # -- another place, another arithmetic ------------------------------------------------------------

    def place(self, device: Device) -> None:
        """Computes on another device from now on.

        Raises:
            DeviceUnavailable: the backend does not have it.
            Unsupported: the live model was handed out.
        """
        if device == self.device:
            return
        self.refuse_changes(_LOST.format("moving"))
        self.routing.change(lambda pipeline: pipeline.on(device))

    def cast(self, dtype: Any) -> None:
        """Computes in another arithmetic from now on; loads the model in it.

        Raises:
            InputError: `dtype` is none.
            Unsupported: the backend does not compute in it; nothing has changed then. Or the live model
                was handed out.
        """
        wanted, before = precision_of(dtype, required=True), self.pipeline.precision
        if wanted == coarsest(self.open().effective):
            return
        self.refuse_changes(_LOST.format("casting"))
        self.routing.change(lambda pipeline: pipeline.in_precision(wanted))
        try:
            self.open()
        except IsomorphError:
            self.routing.change(lambda pipeline: pipeline.in_precision(before))
            raise
        self.recipe = self.recipe.in_arithmetic(wanted)  # copies and workers are alike

    def open(self) -> Runner:
        """What runs the default chain; loads it where nothing is loaded."""
        return self.pipeline.runner(self.model.graph.outputs[0])

    def preload(self) -> None:
        """Loads every chain and holds the files beside weights, so that nothing needs the folder again."""
        for pipeline in self.routing:
            pipeline.preload()
        homes = {module.folder for module in self.whole.modules.values()}
        above = {name.rpartition("/")[0] for name in homes}  # where a Router has its own file
        for home in sorted({"", *homes, *above}):
            self.whole.files.sub(home).keep()

    def run_feeds(self, feeds: Values, output: str | None = None) -> Values:
        """What the default chain makes of a padded batch that somebody else has prepared.

        Without an `output` it is the chain's result.

        Raises:
            InputError: a feed is missing that it reads.
        """
        runner = self.pipeline.runner(output or self.model.graph.outputs[0])
        missing = [name for name in runner.fed if name not in feeds]
        if missing:
            raise InputError(f"This model is fed {', '.join(runner.fed)}; missing: {missing}.")
        return runner.forward({name: feeds[name] for name in runner.fed})

    def width_behind(self, place: int) -> int | None:
        """Features of what the module at a place of the default chain writes; None where no file says."""
        from isomorph.program.width import width_behind

        return width_behind(self.model, place)

    def close(self) -> None:
        """Frees the engine's memory; the next call loads again."""
        self.routing.close()

    # -- copies ---------------------------------------------------------------------------------------

    @property
    def settled(self) -> Recipe:
        """What this model computes: its recipe with the backend that was chosen, and with all changes.

        Raises:
            Unsupported: the live model was handed out: what was changed in it is nowhere else.
        """
        self.refuse_changes(
            "so its weights may be others than those of the folder, and another process or a copy would not "
            "have them: save it, and load what was saved."
        )
        plan = self.routing.main.plan
        return replace(
            self.recipe,
            backend=plan.info.name,
            changed=self.routing.changed,
            tuned=bool(plan.tuned),
        )

    def __getstate__(self) -> dict[str, Any]:
        return {
            "recipe": self.settled,
            "device": str(self.device),
            "lengths": self.routing.lengths,
            "files": self.model.files.digests(),
            "home": self.home,
        }

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        recipe: Recipe = state["recipe"]
        with asked_with(recipe.request):
            self._begin(recipe, state["device"], state["home"])
        self.model.files.refuse_others(state["files"])
        self.routing.restore(state["lengths"], recipe.changed)


_LOST = "and {} loads the saved weights anew: save it first, or do it to the live model itself."


class Face(Protocol):
    """A model as its users see it; functions of other packages reach what is behind it by this method."""

    def __loaded__(self) -> Loaded:
        """What was read, planned and changed."""
