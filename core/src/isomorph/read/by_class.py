"""How each class of models reads a folder. A reader is data, so that another process reads alike.

What it takes to read a folder without ``modules.json``, or with heads of other libraries, is imported
where that is done.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from isomorph.errors import PoolingGuessed
from isomorph.files.folder import Folder
from isomorph.files.module_folder import ModuleFolder
from isomorph.messages.outside import warn_outside
from isomorph.model.chain import Chain
from isomorph.model.model import Model
from isomorph.plugins.reading import read_model


@dataclass
class Vectors:
    """Reads models of one vector a text.

    ``pooling`` is how token vectors become one, in place of what the folder says; None takes that, or with
    a warning what sentence-transformers takes. `strict` refuses to guess. What was guessed stays in
    ``pooling``: a copy of the model need not guess again.
    """

    pooling: str | None = None
    strict: bool = False

    def __call__(self, folder: Path) -> Model:
        """The model in a folder.

        Raises:
            AmbiguousHead: nothing says how to pool, and nothing is guessed.
        """
        model = read_model(folder)
        if self.pooling is None and "sentence_embedding" not in model.graph.outputs:
            self.pooling = self._guessed(model)
        if self.pooling is None:
            return model
        from isomorph.read.plain import with_pooling

        return with_pooling(model, self.pooling)

    def _guessed(self, model: Model) -> str:
        from isomorph.read.plain import guessed_pooling, refuse_to_guess

        mode = None if self.strict else guessed_pooling(model)
        if mode is None:
            raise refuse_to_guess(model)
        warn_outside(
            f"{model.folder} does not say how token vectors become one vector; pooling={mode!r} is taken, "
            "as sentence-transformers does. A model that was trained with another one gives plausible and "
            f"wrong vectors. Say it with pooling={mode!r}, 'cls', …; strict=True refuses to guess.",
            PoolingGuessed,
        )
        return mode


@dataclass(frozen=True)
class SparseVectors:
    """Reads models of sparse vectors; `most` is how many features the user wants of a text, None for all."""

    most: int | None = None

    def __call__(self, folder: Path) -> Model:
        """The model in a folder.

        Raises:
            AmbiguousHead: nothing in the folder makes its vectors sparse.
        """
        from isomorph.read.sparse_chain import sparse_chain, with_room_for

        model = read_model(folder)
        return with_room_for(sparse_chain(model), self.most or model.settings.max_active_dims)


def read_scorer(folder: Path) -> Model:
    """The model of ``modules.json`` where that makes scores, else the classifier that the folder itself is.

    Raises:
        ModelError: the folder holds neither.
    """
    from isomorph.read.plain import read_classifier, read_generator

    if (folder / "modules.json").is_file():
        model = read_model(folder).changed(_scored)
        if "scores" in model.graph.outputs:
            return model
    source = ModuleFolder("0", "", "", Folder(folder), {}).config("config.json")
    architectures = [str(name) for name in source.get("architectures") or ()]
    if architectures and architectures[0].endswith("ForCausalLM"):
        return read_generator(folder)
    return read_classifier(folder)


def _scored(chain: Chain) -> Chain:
    """The chain with the scores that it writes as its result, though it writes pooled vectors too."""
    if not any("scores" in module.outputs for module in chain.graph.modules):
        return chain
    return replace(chain, graph=replace(chain.graph, outputs=("scores",)))
