"""A model that has been read but not loaded: its chains, its tensors as places in files, its files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path
from typing import Any, Self

from isomorph.files.folder import Folder
from isomorph.files.tensor import Tensor
from isomorph.model.chain import Chain
from isomorph.model.frozen import frozen
from isomorph.model.graph import Graph, Module
from isomorph.model.routes import Modality, Route, Router, choose, place_of
from isomorph.model.settings import Settings
from isomorph.preprocess.protocol import Inputs
from isomorph.preprocess.text import Text


@dataclass(frozen=True, slots=True)
class Model:
    """What a reader makes of a folder, and what core hands to a backend. Nothing in it has been loaded.

    A backend gets a model of one chain, which `graph` and `inputs` mean; `Model.of` makes such a model.
    """

    chains: Mapping[Route, Chain]
    """Every chain by the route to it, the default one first. Routes may share a chain.

    Where the first module takes inputs of several modalities, the routes of all but the first of these
    end in the modality.
    """
    folder: Path
    """Where all of the model's files lie. Backends look there for artifacts of their own."""
    tensors: Mapping[str, Mapping[str, Tensor]] = field(default_factory=dict)
    """Default {}. The tensors of each module by name, under the name of the module."""
    settings: Settings = field(default_factory=Settings)
    """Default: no prompts. How the model wants to be used."""
    routers: tuple[Router, ...] = ()
    """Default (), a single chain. Where chains part, in the order of a route."""
    place: str = ""
    """Default ``""``, that of the default chain; for example ``"image"``. Where artifacts of this chain lie.

    It is a folder below the one in which sessions save, so that each chain of a model has its own.
    """
    artifact: str | None = None
    """Default None: the backend chooses. The file in `folder` that the user wants to be used."""
    artifact_output: str | None = None
    """Default None: its name says so. The artifact's output that holds what the first module writes."""
    files: Folder = field(default_factory=lambda: Folder(Path()), compare=False, repr=False)
    """The only way to the files below `folder`: none leads out, and all are of one state."""

    @classmethod
    def of(
        cls,
        graph: Graph,
        folder: Path,
        tensors: Mapping[str, Mapping[str, Tensor]] | None = None,
        *,
        inputs: Inputs | None = None,
        **rest: Any,
    ) -> Self:
        """A model of one chain; `rest` are further fields. Without `inputs` it takes texts."""
        chain = Chain(graph, inputs if inputs is not None else Text())
        return cls({(): chain}, folder, tensors or {}, **rest)

    def __post_init__(self) -> None:
        if self.files.root != self.folder:  # a reader said only where the folder is
            object.__setattr__(self, "files", Folder(self.folder))
        object.__setattr__(self, "tensors", frozen(self.tensors))

    @property
    def chain(self) -> Chain:
        """The default chain."""
        return next(iter(self.chains.values()))

    @property
    def graph(self) -> Graph:
        """The graph of the default chain."""
        return self.chain.graph

    @property
    def inputs(self) -> Inputs:
        """What the default chain says of its inputs."""
        return self.chain.inputs

    @property
    def modules(self) -> Mapping[str, Module]:
        """The modules of all chains by name, in the order in which they are first met."""
        found: dict[str, Module] = {}
        for chain in self.chains.values():
            for module in chain.graph.modules:
                found.setdefault(module.name, module)  # one for each modality may have the name
        return found

    @property
    def numbers(self) -> int:
        """How many numbers all tensors hold."""
        return sum(prod(t.shape) for tensors in self.tensors.values() for t in tensors.values())

    @property
    def modalities(self) -> tuple[str, ...]:
        """The kinds of input that some chain takes, that of the default chain first."""
        return tuple(dict.fromkeys(chain.inputs.modality for chain in self.chains.values()))

    @property
    def takes(self) -> tuple[str, ...]:
        """The kinds of input that a call may pass, messages behind what they are made of."""
        found = [each for chain in self.chains.values() for each in chain.inputs.takes]
        return tuple(sorted(dict.fromkeys(found), key="message".__eq__))

    def route(self, task: str | None, modality: Modality = "text") -> Route:
        """The route of inputs of a kind, for a task.

        Raises:
            InputError: there is no route for this task, or none was named and there is no default.
        """
        route = choose(self.routers, task, modality) if self.routers else ()
        own = (*route, modality) if isinstance(modality, str) else route
        if own in self.chains:
            return own
        return route if route in self.chains else next(iter(self.chains))

    def only(self, chain: Chain) -> Model:
        """The model of one chain alone, as a backend gets it."""
        place = self.place
        if chain is not self.chain:
            routes = (route for route, each in self.chains.items() if each is chain)
            place = place_of(next(routes, ())) or place
        return replace(self, chains={(): chain}, routers=(), place=place)

    def each(self) -> Iterator[Model]:
        """The model of each different chain alone, the default one first."""
        different = {id(chain): chain for chain in self.chains.values()}
        return map(self.only, different.values())

    def with_graph(self, graph: Graph) -> Model:
        """The model of this chain alone, with the inputs of the default one."""
        chain = replace(self.chain, graph=graph)
        return replace(self, chains={(): chain}, routers=())

    def changed(self, change: Callable[[Chain], Chain]) -> Model:
        """The model with every chain changed alike; routes that shared a chain share the new one."""
        different = {id(chain): chain for chain in self.chains.values()}
        made = {key: change(chain) for key, chain in different.items()}
        return replace(self, chains={r: made[id(chain)] for r, chain in self.chains.items()})

    def prefix(self, depth: int) -> Model:
        """The default chain alone, cut after `depth` modules."""
        return self.with_graph(self.graph.prefix(depth))

    def rest(self, depth: int) -> Model:
        """What is left of the default chain after `depth` modules.

        An artifact holds leading modules only.
        """
        rest = self.with_graph(self.graph.rest(depth))
        return replace(rest, artifact=None, artifact_output=None)

    def file(self, *parts: str) -> Path | None:
        """A file of the model by relative name, or None; no name leads out of the folder.

        Raises:
            BadModel: the name climbs out, is a link that leads outside, or the file has changed.
        """
        return self.files.file(*parts)

    def tensors_of(self, module: Module) -> Mapping[str, Tensor]:
        """The tensors of one module by their names in its own files."""
        return self.tensors.get(module.name, {})
