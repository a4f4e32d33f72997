"""The pipelines of a model: one for each different chain, all on one backend with the same options."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from isomorph.contract import Graph, Model, Module, Options
from isomorph.errors import InputError
from isomorph.plugins.table import kind_named
from isomorph.preprocess.lengths import Lengths
from isomorph.runtime.pipeline import Pipeline
from isomorph.runtime.plan import Explanation, Row, make_plan
from isomorph.runtime.selection import choose

Chain = tuple[str, ...]
"""The names of a chain's modules. Routes over the same modules are one pipeline, loaded once."""


class Routing:
    """Finds the pipeline for a call and how long its texts may be. Without routes there is only `main`.

    The backend is chosen for the longest chain: that of a query may be a table look-up, which
    everybody claims. Every chain is planned at once, and loaded when it is first used.
    """

    def __init__(
        self,
        model: Model,
        backend: str | None,
        device: object,
        strict: bool,
        options: Options,
    ) -> None:
        models = {_chain(each): _fitting(each) for each in [model, *_others(model)]}
        longest = max(models, key=len)
        lead = choose(models[longest], backend, device, strict)
        self._pipelines: dict[Chain, Pipeline] = {}
        self._lengths = {chain: Lengths.of(each) for chain, each in models.items()}
        for chain, each in models.items():
            plan = lead
            if chain != longest:
                plan = make_plan(each, lead.info, lead.backend, lead.claim, strict)
            self._pipelines[chain] = Pipeline(plan, options)
        self._model = model
        self._chain = _chain(model)
        self.main = self._pipelines[self._chain]

    def pick(self, task: str | None) -> Pipeline:
        """The pipeline for texts of a task.

        Raises:
            InputError: no route is for this task, or none was named and there is no default.
        """
        return self._pipelines[self._of_task(task)]

    def way(self, task: str | None) -> tuple[Pipeline, Lengths]:
        """The pipeline for texts of a task, and how long they may be on its route.

        Raises:
            InputError: as `pick`.
        """
        chain = self._chain if self._model.routes is None else self._of_task(task)
        return self._pipelines[chain], self._lengths[chain]

    def _of_task(self, task: str | None) -> Chain:
        return self._chain if self._model.routes is None else _chain(self._model.route(task))

    def __iter__(self) -> Iterator[Pipeline]:
        """The pipelines, the main one first."""
        return iter(self._pipelines.values())

    def cuts(self) -> Iterator[tuple[Pipeline, int | None]]:
        """The pipelines, the main one first, each with where its texts are cut."""
        for pipeline in sorted(self, key=lambda each: each is not self.main):
            yield pipeline, self._lengths[_chain(pipeline.model)].whole

    def change(self, change: Callable[[Pipeline], Pipeline]) -> None:
        """Puts another pipeline in place of each, all or none; the old ones are closed."""
        changed = {chain: change(pipeline) for chain, pipeline in self._pipelines.items()}
        self.close()
        self._pipelines = changed
        self.main = changed[self._chain]

    @property
    def lengths(self) -> Mapping[Chain, int | None]:
        """Where the texts of each chain are cut."""
        return {chain: each.whole for chain, each in self._lengths.items()}

    @property
    def changed(self) -> Mapping[Chain, tuple[Module, ...]]:
        """The chains whose modules a program changed since they were read, with all modules of theirs."""
        read = {_chain(each): each.graph for each in [self._model, *_others(self._model)]}
        now = {chain: each.model.graph.modules for chain, each in self._pipelines.items()}
        return {chain: modules for chain, modules in now.items() if modules != read[chain].modules}

    def restore(
        self,
        lengths: Mapping[Chain, int | None],
        changed: Mapping[Chain, tuple[Module, ...]],
    ) -> None:
        """Makes this equal to another routing of the same folder."""
        for chain, length in lengths.items():
            self._lengths[chain] = replace(self._lengths[chain], whole=length)
        for chain, modules in changed.items():
            self._pipelines[chain] = self._pipelines[chain].with_modules(modules)
        self.main = self._pipelines[self._chain]

    @property
    def max_length(self) -> int | None:
        """Where texts are cut; the longest where routes differ, None where one has no limit."""
        if self._model.routes is None:
            return self._lengths[self._chain].whole
        lengths = [each.whole for each in self._lengths.values()]
        return None if None in lengths else max(length for length in lengths if length is not None)

    @max_length.setter
    def max_length(self, length: int | None) -> None:
        """Cuts the texts of every route there.

        Raises:
            InputError: it is less than 1, or more than some route has positions for.
        """
        if length is not None and length < 1:
            raise InputError(f"max_seq_length must be at least 1, not {length}.")
        for pipeline in self:
            longest = pipeline.model.text.longest
            if longest is not None and (length is None or length > longest):
                raise InputError(
                    f"This model has positions for {longest} tokens, not for {length}."
                )
        self.restore(dict.fromkeys(self._lengths, length), {})

    def explain(self) -> Explanation:
        """Who runs each module; where there are routes, with their names in front."""
        if self._model.routes is None:
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
        graphs = self._model.routes.graphs if self._model.routes is not None else {}
        for chain, pipeline in self._pipelines.items():
            keys = [key for key, graph in graphs.items() if _of(graph) == chain]
            yield ", ".join(" and ".join(dict.fromkeys(key)) for key in keys), pipeline

    def opened(self) -> Iterator[tuple[str, Pipeline]]:
        """Those of `named` that have loaded something."""
        return ((name, pipeline) for name, pipeline in self.named() if pipeline.is_open)

    def close(self) -> None:
        """Frees everything that was loaded."""
        for pipeline in self:
            pipeline.close()


def _of(graph: Graph) -> Chain:
    return tuple(module.name for module in graph.modules)


def _chain(model: Model) -> Chain:
    return _of(model.graph)


def _fitting(model: Model) -> Model:
    """The chain without the artifact that the user names, if that cannot be meant for it."""
    if model.routes is None or kind_named(model.graph.modules[0].kind).exported:
        return model
    return replace(model, artifact=None)


def _others(model: Model) -> Iterator[Model]:
    if model.routes is not None:
        for key, graph in model.routes.graphs.items():
            yield replace(model, graph=graph, text=model.routes.texts[key])
