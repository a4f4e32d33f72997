"""The pipelines of a model: one for each different chain, all on one backend with the same options."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from isomorph.contract import Model, Module, Options
from isomorph.errors import InputError
from isomorph.model.routes import Route
from isomorph.plugins.table import kind_named
from isomorph.preprocess.protocol import Inputs
from isomorph.runtime.lengths import Lengths
from isomorph.runtime.pipeline import Pipeline, asked_by
from isomorph.runtime.plan import Explanation, Row, make_plan
from isomorph.runtime.selection import choose, warn_of_numpy

if TYPE_CHECKING:
    from isomorph.runtime.mixed import Mixed, MixedInputs


class Routing:
    """Finds the pipeline for a call and how long its inputs may be. Without routes there is only `main`.

    The backend is chosen for the longest chain: that of a query may be a table look-up, which
    everybody claims. Every chain is planned at once, and loaded when it is first used. Routes that share
    a chain share its pipeline, which is kept under the first of them.
    """

    def __init__(
        self,
        model: Model,
        backend: str | None,
        device: object,
        strict: bool,
        options: Options,
        is_tuned: bool = False,
    ) -> None:
        first: dict[int, Route] = {}
        self._own = {r: first.setdefault(id(chain), r) for r, chain in model.chains.items()}
        models = {route: _fitting(model, route) for route in dict.fromkeys(self._own.values())}
        longest = max(models, key=lambda route: len(models[route].graph))
        asked = asked_by(options)
        lead = choose(models[longest], backend, device, strict, asked=asked, is_tuned=is_tuned)
        warn_of_numpy(lead)
        self._pipelines: dict[Route, Pipeline] = {}
        self._lengths = {route: Lengths.of(each) for route, each in models.items()}
        for route, each in models.items():
            plan = lead
            if route != longest:
                own = make_plan(each, lead.info, lead.backend, lead.claim, strict, asked)
                plan = replace(
                    own, passed_over=lead.passed_over, setting=lead.setting, tuned=lead.tuned
                )
            self._pipelines[route] = Pipeline(plan, options)
        self.model = model
        self._main = next(iter(models))
        self._several = len(model.modalities) > 1
        self.main = self._pipelines[self._main]

    def pick(self, task: str | None) -> Pipeline | Mixed:
        """The pipeline for inputs of a task, of whatever modality.

        Raises:
            InputError: no route is for this task, or none was named and there is no default.
        """
        return self.way(task)[0]

    def way(self, task: str | None) -> tuple[Pipeline | Mixed, Lengths]:
        """The pipeline for inputs of a task, and how long they may be on its route.

        Raises:
            InputError: as `pick`.
        """
        if self._several:
            return self._mixed(task)
        route = self._own[self.model.route(task)] if self.model.routers else self._main
        return self._pipelines[route], self._lengths[route]

    @property
    def inputs(self) -> Inputs | MixedInputs:
        """What a call may pass, whatever its task."""
        if not self._several:
            return self.main.inputs
        from isomorph.runtime.mixed import MixedInputs  # with all that recognises modalities

        return MixedInputs({each.inputs.modality: each.inputs for each in self})

    def of(self, modality: str, task: str | None = None) -> Pipeline | None:
        """The pipeline for inputs of one modality, None where none takes them for this task."""
        try:
            found = self._pipelines[self._own[self.model.route(task, modality)]]
        except InputError:
            return None
        return found if found.inputs.modality == modality else None

    def _mixed(self, task: str | None) -> tuple[Pipeline | Mixed, Lengths]:
        """The pipelines for inputs of a task by modality, and how long those of the first may be."""
        found = {name: self.of(name, task) for name in self.model.modalities}
        there = {name: pipeline for name, pipeline in found.items() if pipeline is not None}
        if not there:
            self.model.route(task)  # says why
            raise InputError(f"This model has no route for task {task!r}.")
        first = next(iter(there))
        lengths = self._lengths[self._own[self.model.route(task, first)]]
        if len(there) == 1:
            return there[first], lengths
        from isomorph.runtime.mixed import Mixed

        return Mixed(there), lengths

    def __iter__(self) -> Iterator[Pipeline]:
        """The pipelines, the main one first."""
        return iter(self._pipelines.values())

    def truncations(self) -> Iterator[tuple[Pipeline, int | None]]:
        """The pipelines, the main one first, each with where its inputs are truncated."""
        for route, pipeline in self._pipelines.items():
            yield pipeline, self._lengths[route].whole

    def change(self, change: Callable[[Pipeline], Pipeline]) -> None:
        """Puts another pipeline in place of each, all or none; the old ones are closed."""
        changed = {route: change(pipeline) for route, pipeline in self._pipelines.items()}
        self.close()
        self._pipelines = changed
        self.main = changed[self._main]

    @property
    def lengths(self) -> Mapping[Route, int | None]:
        """Where the inputs of each chain are truncated."""
        return {route: each.whole for route, each in self._lengths.items()}

    @property
    def changed(self) -> Mapping[Route, tuple[Module, ...]]:
        """The chains whose modules a program changed since they were read, with all modules of theirs."""
        now = {route: each.model.graph.modules for route, each in self._pipelines.items()}
        read = self.model.chains
        return {route: own for route, own in now.items() if own != read[route].graph.modules}

    def restore(
        self,
        lengths: Mapping[Route, int | None],
        changed: Mapping[Route, tuple[Module, ...]],
    ) -> None:
        """Makes this equal to another routing of the same folder."""
        for route, length in lengths.items():
            self._lengths[route] = replace(self._lengths[route], whole=length)
        for route, modules in changed.items():
            self._pipelines[route] = self._pipelines[route].with_modules(modules)
        self.main = self._pipelines[self._main]

    @property
    def max_length(self) -> int | None:
        """Where texts are truncated; the longest where routes differ, None where one has no limit."""
        lengths = [
            min(filter(None, (self._lengths[route].whole, self._widest(route))), default=None)
            for route in self._cut()
        ]
        return None if None in lengths else max(length for length in lengths if length is not None)

    @max_length.setter
    def max_length(self, length: int | None) -> None:
        """Cuts the texts of every route there.

        Raises:
            InputError: it is less than 1, or more than some route has positions for.
        """
        if length is not None and length < 1:
            raise InputError(f"max_seq_length must be at least 1, not {length}.")
        for pipeline in map(self._pipelines.__getitem__, self._cut()):
            longest = pipeline.inputs.longest
            if longest is not None and (length is None or length > longest):
                raise InputError(
                    f"This model has positions for {longest} {pipeline.inputs.unit}, not for {length}."
                )
        for widest in filter(None, map(self._widest, self._cut())):
            if length is None or length > widest:
                raise InputError(
                    f"Forwards of backend {self.main.plan.info.name!r} on {self.main.plan.claim.device} have "
                    f"{widest} {self.main.inputs.unit} at most, not {length}."
                )
        self.restore(dict.fromkeys(self._cut(), length), {})

    def _widest(self, route: Route) -> int | None:
        """Where the widest forward of a route's engine ends; None where forwards may have any width."""
        return self._pipelines[route].plan.claim.batches.longest

    def _cut(self) -> Iterator[Route]:
        """The routes whose inputs the length of a text is about: those of the default one's modality."""
        for route, pipeline in self._pipelines.items():
            if pipeline.inputs.modality == self.main.inputs.modality:
                yield route

    def explain(self) -> Explanation:
        """Who runs each module; where there are routes, with their names in front."""
        if not self.model.routers and len(self._pipelines) == 1:
            return self.main.plan.explain()
        told = [(name, pipeline.plan.explain()) for name, pipeline in self.named()]
        rows = [
            Row(f"{name}: {row.module}", row.runs, row.device, row.reason)
            for name, each in told
            for row in each.rows
        ]
        notes = (f"{name}: {note}" for name, each in told for note in each.notes)
        return Explanation(tuple(rows), tuple(notes))

    def named(self) -> Iterator[tuple[str, Pipeline]]:
        """The pipelines with the names of the routes that take them, such as "query, document"."""
        for own, pipeline in self._pipelines.items():
            routes = [route for route, first in self._own.items() if first == own]
            names = (" and ".join(dict.fromkeys(route)) for route in routes)
            yield ", ".join(name or self._default_name(pipeline) for name in names), pipeline

    def _default_name(self, pipeline: Pipeline) -> str:
        """What the way is called that no router leads to: the modality, where there are others."""
        return pipeline.inputs.modality if self._several else ""

    def opened(self) -> Iterator[tuple[str, Pipeline]]:
        """Those of `named` that have loaded something."""
        return ((name, pipeline) for name, pipeline in self.named() if pipeline.is_open)

    def close(self) -> None:
        """Frees everything that was loaded."""
        for pipeline in self:
            pipeline.close()


def _fitting(model: Model, route: Route) -> Model:
    """The chain of a route, without the artifact that the user names if that cannot be meant for it."""
    only = model.only(model.chains[route])
    if not model.routers or kind_named(only.graph.modules[0].kind).exported:
        return only
    return replace(only, artifact=None)
