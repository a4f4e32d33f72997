"""Parts that take their files from a model: from one that is loaded, or from a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isomorph.errors import InputError, Unsupported
from isomorph.modules import static_embedding
from isomorph.parts.part import OfKind, Part
from isomorph.postprocess.arrays import as_array
from isomorph.resolve import Request, resolve

if TYPE_CHECKING:
    from isomorph.runtime.loaded import Face
    from isomorph.saving.layout import Saved


@dataclass(frozen=True, eq=False)
class Loaded(Part):
    """The module at one place of a chain; `home` keeps the folder of a built model alive."""

    chain: Saved
    place: int
    home: object = None

    @property
    def kind(self) -> str:
        """The name of its kind."""
        return self.chain.model.graph.modules[self.place].kind

    @property
    def type(self) -> str:
        """The reference to its class in ``modules.json``."""
        from isomorph.saving.layout import listed
        from isomorph.saving.modules import type_of

        model = self.chain.model
        entries = listed(model.files)
        types = {str(e.get("name", e.get("idx", ""))): str(e["type"]) for e in entries}
        return type_of(model.graph.modules[self.place], types)

    def write(self, folder: Path, request: Request) -> None:
        """Copies the module's files, with what was changed since they were read."""
        from isomorph.saving.layout import write_module
        from isomorph.saving.text import write_text

        model = self.chain.model
        write_module(self.chain, self.place, folder)
        if self.place == 0:
            write_text(model, model.graph.modules[0], self.chain.max_length, folder)


def of(model: Face) -> list[Part]:
    """The parts of a loaded model, in order; of one with routes those of the default.

    Each is as the model has it now. Prompts and other settings of the whole model belong to no part.

    Raises:
        Unsupported: the live model was handed out, so that its files may be out of date; or a module
            lies in files that cannot be taken apart.
    """
    from isomorph.modules.custom import OP
    from isomorph.saving.layout import Saved
    from isomorph.saving.text import keeps_unknown

    loaded = model.__loaded__()
    loaded.refuse_changes(
        "so its weights may be others than those of the folder: save it, load what was saved, and take the "
        "parts of that."
    )
    pipeline, length = next(iter(loaded.routing.truncations()))
    whole = pipeline.model
    if not keeps_unknown(whole.inputs):
        raise Unsupported(
            f"{whole.folder} leaves unknown tokens out of its texts, which no list of modules can say: it "
            "is loaded as a whole."
        )
    for module in whole.graph.modules:
        if module.kind == OP:
            raise Unsupported(
                f"Module {module.name!r} is code of the folder {whole.folder}, which is loaded as a whole."
            )
    chain = Saved(whole, length)
    return [Loaded(chain, place, loaded.home) for place in range(len(whole.graph))]


@dataclass(frozen=True, eq=False)
class StaticEmbedding(OfKind):
    """A table of token vectors and its tokenizer.

    Attributes:
        tokenizer: one of `tokenizers` or transformers; or, without `embedding_weights`, a model that begins
            with such a table: a folder, ``package:DISTRIBUTION``, or a Hub id.
        embedding_weights: the vectors by token id, (tokens, dim), array or tensor.
        embedding_dim: the dim of `embedding_weights`. Alone it is refused: random vectors are of no use.

    Raises:
        InputError: a tokenizer without vectors, or vectors of another shape.
    """

    _kind = static_embedding.KIND
    tokenizer: Any
    embedding_weights: ArrayLike | None = None
    embedding_dim: int | None = None

    def __post_init__(self) -> None:
        named = isinstance(self.tokenizer, str | Path)
        if named != (self.embedding_weights is None):
            raise InputError(
                "StaticEmbedding takes the name of a model, or a tokenizer together with "
                "embedding_weights, an array (tokens, dim). Random vectors would be of no use, since "
                "nothing is trained here."
            )
        if not named:
            self._table()

    @classmethod
    def from_model2vec(cls, model_id_or_path: str) -> Self:
        """The table of a model of model2vec."""
        return cls(model_id_or_path)

    @classmethod
    def from_distillation(cls, *args: Any, **kwargs: Any) -> Self:
        """Not here.

        Raises:
            Unsupported: always.
        """
        raise Unsupported(
            "from_distillation makes a model, and isomorph runs models: distil it with model2vec, and load "
            "the folder that it saves."
        )

    def _table(self) -> NDArray[np.float32]:
        table = np.ascontiguousarray(as_array(self.embedding_weights), np.float32)
        if table.ndim != 2 or self.embedding_dim not in (None, table.shape[-1]):
            raise InputError(f"embedding_weights has the shape {table.shape}, not (tokens, dim).")
        return table

    def write(self, folder: Path, request: Request) -> None:
        """Writes the tokenizer and the vectors, or copies those of the model.

        Raises:
            InputError: it does not begin with such a table.
            Unsupported: it leaves unknown tokens out, which a list of modules cannot say.
        """
        from safetensors.numpy import save_file

        from isomorph.files.weights import SINGLE
        from isomorph.plugins.reading import read_model
        from isomorph.saving.layout import Saved
        from isomorph.saving.text import keeps_unknown

        if not isinstance(self.tokenizer, str | Path):
            own = getattr(self.tokenizer, "backend_tokenizer", self.tokenizer)
            own.save(str(folder / "tokenizer.json"))
            save_file({"embedding.weight": self._table()}, folder / SINGLE, {"format": "pt"})
            return
        model = read_model(resolve(str(self.tokenizer), request))
        first = model.graph.modules[0].kind
        if first != self.kind:
            raise InputError(f"{model.folder} begins with {first}, not with a StaticEmbedding.")
        if not keeps_unknown(model.inputs):
            raise Unsupported(
                f"{model.folder} leaves unknown tokens out of its texts, which no list of modules can say."
            )
        Loaded(Saved(model, model.inputs.max_length), 0).write(folder, request)
