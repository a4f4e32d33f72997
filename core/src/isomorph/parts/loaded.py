"""Parts that take their files from a model: from one that is loaded, or from a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isomorph.errors import InputError, Unsupported
from isomorph.modules import static_embedding, transformer
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


@dataclass(frozen=True)
class Transformer(OfKind):
    """A transformer and its tokenizer, from a folder that transformers has saved.

    Attributes:
        model_name_or_path: a folder, ``package:DISTRIBUTION``, or a Hub id.
        max_seq_length: where texts are cut, in tokens; None takes what the folder says.
        transformer_task: feature-extraction, fill-mask, sequence-classification or text-generation.
        do_lower_case: whether texts become lower case first.
        query_length: where queries are cut, in tokens, of a model of late interaction.
        document_length: where documents are cut, in tokens; None as the folder says.
        query_expansion: how queries are filled up: ``{"strategy": "fixed", "length": 32}``.
        model_kwargs: refused, as is `config_kwargs`: a part is files, and the model's constructor takes them.
        processor_kwargs: ``model_max_length``, another name of `max_seq_length`.
        config_kwargs: see `model_kwargs`.
    """

    _kind = transformer.KIND
    model_name_or_path: str | Path
    max_seq_length: int | None = None
    transformer_task: str = "feature-extraction"
    _: KW_ONLY
    do_lower_case: bool = False
    query_length: int | None = None
    document_length: int | None = None
    query_expansion: Mapping[str, Any] | None = None
    model_kwargs: Mapping[str, Any] | None = None
    processor_kwargs: Mapping[str, Any] | None = None
    config_kwargs: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        texts = dict(self.processor_kwargs or {})
        length = texts.pop("model_max_length", self.max_seq_length)
        object.__setattr__(self, "max_seq_length", length)
        for name, given in {
            "model_kwargs": self.model_kwargs,
            "processor_kwargs": texts,
            "config_kwargs": self.config_kwargs,
        }.items():
            if given:
                raise InputError(
                    f"{name} {sorted(given)} have no effect on a part, which is files: pass them to the "
                    "constructor of the model."
                )

    def write(self, folder: Path, request: Request) -> None:
        """Finds the model and copies its files.

        Raises:
            InputError: `max_seq_length` is less than 1 or more than the model has positions for.
            Unsupported: there is no such task.
        """
        from isomorph.read.plain import read_task
        from isomorph.saving.layout import Saved

        model = read_task(resolve(str(self.model_name_or_path), request), self.transformer_task)
        length = model.inputs.max_length if self.max_seq_length is None else self.max_seq_length
        longest = model.inputs.longest
        if length is not None and (length < 1 or (longest is not None and length > longest)):
            raise InputError(
                f"max_seq_length={length}: the model takes 1 to {longest or 'any number of'} tokens."
            )
        Loaded(Saved(model, length), 0).write(folder, request)
        self._write_own(folder)

    def _write_own(self, folder: Path) -> None:
        """Writes what the arguments say beyond the files of the model."""
        from isomorph.modules.transformer import SETTINGS_FILES
        from isomorph.saving.layout import write_json

        own = {
            "query_length": self.query_length,
            "document_length": self.document_length,
            "query_expansion": dict(self.query_expansion) if self.query_expansion else None,
        }
        given = {name: value for name, value in own.items() if value is not None}
        if given:
            file = folder / SETTINGS_FILES[0]
            before = json.loads(file.read_text("utf-8")) if file.is_file() else {}
            write_json(file, {**before, **given})
        if self.do_lower_case:
            lower_case(folder / "tokenizer.json")


def lower_case(file: Path) -> None:
    """Makes the tokenizer of a file turn texts into lower case first.

    Raises:
        InputError: there is no such file.
    """
    from tokenizers import Tokenizer, normalizers

    if not file.is_file():
        raise InputError("do_lower_case needs a tokenizer.json, which this model does not have.")
    tokenizer = Tokenizer.from_file(str(file))
    chain = [normalizers.Lowercase(), tokenizer.normalizer]
    tokenizer.normalizer = normalizers.Sequence([each for each in chain if each is not None])
    tokenizer.save(str(file))


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
