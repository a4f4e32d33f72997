"""Parts that take their files from a model: from one that is loaded, or from a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from isomorph.errors import InputError, Unsupported
from isomorph.modules import static_embedding, transformer
from isomorph.parts.part import OfKind, Part
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
    """

    _kind = transformer.KIND
    model_name_or_path: str | Path
    max_seq_length: int | None = None
    transformer_task: str = "feature-extraction"

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


@dataclass(frozen=True)
class StaticEmbedding(OfKind):
    """A table of token vectors and its tokenizer, from a model that begins with one.

    Attributes:
        model_name_or_path: a folder, ``package:DISTRIBUTION``, or a Hub id.
    """

    _kind = static_embedding.KIND
    model_name_or_path: str | Path

    def write(self, folder: Path, request: Request) -> None:
        """Finds the model and copies the files of its first module.

        Raises:
            InputError: it does not begin with such a table.
            Unsupported: it leaves unknown tokens out, which a list of modules cannot say.
        """
        from isomorph.plugins.reading import read_model
        from isomorph.saving.layout import Saved
        from isomorph.saving.text import keeps_unknown

        model = read_model(resolve(str(self.model_name_or_path), request))
        first = model.graph.modules[0].kind
        if first != self.kind:
            raise InputError(f"{model.folder} begins with {first}, not with a StaticEmbedding.")
        if not keeps_unknown(model.inputs):
            raise Unsupported(
                f"{model.folder} leaves unknown tokens out of its texts, which no list of modules can say."
            )
        Loaded(Saved(model, model.inputs.max_length), 0).write(folder, request)
