"""A model that has been read but not loaded: its graph, its tensors as places in files, its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from isomorph.files.folder import Folder
from isomorph.files.tensor import Tensor
from isomorph.model.graph import Graph, Module
from isomorph.model.routes import Routes
from isomorph.model.settings import Settings
from isomorph.model.text import Text


@dataclass(frozen=True, slots=True)
class Model:
    """What core hands to a backend. Nothing in it has been loaded.

    ``files`` is the only way to the files below ``folder``: none leads out, and all are of one state.
    ``tensors`` maps the name of a module to its tensors by name. ``folder`` is where all of the
    model's files lie; backends look there for artifacts of their own. ``artifact`` names the file
    there that the user wants to be used, None where the backend shall choose; ``artifact_output``
    the output of it that holds what the first module writes, None where its name says so. ``routes``
    are the chains of a model that has several; ``graph`` and ``text`` are then those of one of them,
    the default where there is one.
    """

    graph: Graph
    folder: Path
    tensors: Mapping[str, Mapping[str, Tensor]] = field(default_factory=dict)
    text: Text = field(default_factory=Text)
    settings: Settings = field(default_factory=Settings)
    artifact: str | None = None
    artifact_output: str | None = None
    routes: Routes | None = None
    files: Folder = field(default_factory=lambda: Folder(Path()), compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.files.root != self.folder:  # a reader said only where the folder is
            object.__setattr__(self, "files", Folder(self.folder))

    def route(self, task: str | None, modality: str | tuple[str, ...] = "text") -> Model:
        """The model whose chain such inputs take: itself where there is only one.

        Raises:
            InputError: there is no route for this task, or none was named and there is no default.
        """
        if self.routes is None:
            return self
        key = self.routes.choose(task, modality)
        return replace(self, graph=self.routes.graphs[key], text=self.routes.texts[key])

    def prefix(self, depth: int) -> Model:
        """The same model, cut after `depth` modules."""
        return replace(self, graph=self.graph.prefix(depth))

    def rest(self, depth: int) -> Model:
        """What is left of the model after `depth` modules; an artifact holds leading modules only."""
        return replace(self, graph=self.graph.rest(depth), artifact=None, artifact_output=None)

    def file(self, *parts: str) -> Path | None:
        """A file of the model by relative name, or None; no name leads out of the folder.

        Raises:
            BadModel: the name climbs out, is a link that leads outside, or the file has changed.
        """
        return self.files.file(*parts)

    def tensors_of(self, module: Module) -> Mapping[str, Tensor]:
        """The tensors of one module by their names in its own files."""
        return self.tensors.get(module.name, {})
