"""A transformer as a part: from a folder that transformers has saved, with the arguments of its module."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import KW_ONLY, InitVar, dataclass
from pathlib import Path
from typing import Any

from isomorph.arguments.names import under_one_name
from isomorph.errors import BadModel, InputError, Unsupported
from isomorph.files.folder import Folder
from isomorph.files.names import TOKENIZER, TOKENIZER_FILES, VOCABULARIES
from isomorph.messages.shown import shown
from isomorph.modules import transformer
from isomorph.modules.processing import cut_by
from isomorph.parts.loaded import Loaded
from isomorph.parts.part import OfKind
from isomorph.preprocess.expansion import Expansion
from isomorph.resolve import Request, resolve

_OWN = (
    "query_length", "document_length", "query_expansion", "processing_kwargs", "modality_config",
    "module_output_name", "unpad_inputs",
)  # fmt: skip
"""Arguments that the module's settings file holds under their name."""
Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Transformer(OfKind):
    """A transformer and its tokenizer, from a folder that transformers has saved.

    Attributes:
        model_name_or_path: a folder, ``package:DISTRIBUTION``, or a Hub id.
        max_seq_length: where texts are cut, in tokens; None takes what the folder says.
        transformer_task: feature-extraction, fill-mask, sequence-classification or text-generation.
        do_lower_case: whether texts become lower case first.
        tokenizer_name_or_path: a folder or name whose tokenizer stands in place of the model's own.
        query_length: where queries are cut, in tokens, of a model of late interaction.
        document_length: where documents are cut, in tokens; None as the folder says.
        query_expansion: how queries are filled up: ``{"strategy": "fixed", "length": 32}``.
        processing_kwargs: ``{"text": {"max_length": 256}}``, which wins over `max_seq_length`.
        modality_config: what each modality goes through: ``{"text": {"method": "forward",
            "method_output_name": "last_hidden_state"}}``. It needs `module_output_name`.
        module_output_name: what the module writes; None what its task writes.
        unpad_inputs: kept for others, and changes no result.
        backend: "torch" alone, as which it counts for nothing: the model's constructor chooses.
        model_kwargs: refused, as is `config_kwargs`: a part is files, and the model's constructor takes them.
        processor_kwargs: ``model_max_length``, another name of `max_seq_length`.
        config_kwargs: see `model_kwargs`.
        model_args: an old name of `model_kwargs`.
        processor_args: an old name of `processor_kwargs`, as is `tokenizer_args`.
        tokenizer_args: see `processor_args`.
        config_args: an old name of `config_kwargs`.

    Raises:
        InputError: an argument that cannot be, or that a part cannot follow.
    """

    _kind = transformer.KIND
    model_name_or_path: str | Path
    max_seq_length: int | None = None
    transformer_task: str = "feature-extraction"
    _: KW_ONLY
    do_lower_case: bool = False
    tokenizer_name_or_path: str | Path | None = None
    query_length: int | None = None
    document_length: int | None = None
    query_expansion: Arguments | None = None
    processing_kwargs: Arguments | None = None
    modality_config: Mapping[str, Arguments] | None = None
    module_output_name: str | None = None
    unpad_inputs: bool | None = None
    backend: str | None = None
    model_kwargs: Arguments | None = None
    processor_kwargs: Arguments | None = None
    config_kwargs: Arguments | None = None
    model_args: InitVar[Arguments | None] = None
    processor_args: InitVar[Arguments | None] = None
    tokenizer_args: InitVar[Arguments | None] = None
    config_args: InitVar[Arguments | None] = None

    def __post_init__(
        self,
        model_args: Arguments | None,
        processor_args: Arguments | None,
        tokenizer_args: Arguments | None,
        config_args: Arguments | None,
    ) -> None:
        old = {
            "model_args": model_args,
            "processor_args": processor_args,
            "tokenizer_args": tokenizer_args,
            "config_args": config_args,
        }
        old = {name: value for name, value in old.items() if value is not None}
        model = under_one_name("model_kwargs", self.model_kwargs, old, "model_args")
        names = ("processor_args", "tokenizer_args")
        texts = dict(under_one_name("processor_kwargs", self.processor_kwargs, old, *names) or {})
        config = under_one_name("config_kwargs", self.config_kwargs, old, "config_args")
        length = texts.pop("model_max_length", self.max_seq_length)
        object.__setattr__(self, "max_seq_length", length)
        given = {"model_kwargs": model, "processor_kwargs": texts, "config_kwargs": config}
        for name, value in given.items():
            object.__setattr__(self, name, value or None)
            if value:
                raise InputError(
                    f"{name} {sorted(value)} have no effect on a part, which is files: pass them to the "
                    "constructor of the model."
                )
        self._refuse_what_cannot_be()

    def _refuse_what_cannot_be(self) -> None:
        tasks = list(transformer.TASKS)
        if self.transformer_task not in tasks:
            raise InputError(
                f"transformer_task {shown(self.transformer_task)} is not one of {', '.join(tasks)}."
            )
        if self.backend not in (None, "torch"):
            raise InputError(
                f"backend={self.backend!r} is of the whole model: pass it to the constructor of the model."
            )
        entries = (self.modality_config or {}).values()
        if any("method" not in each or "method_output_name" not in each for each in entries):
            raise InputError(
                "modality_config needs 'method' and 'method_output_name' of each modality."
            )
        if self.modality_config and self.module_output_name is None:
            raise InputError(
                "modality_config with 'method' and 'method_output_name' needs module_output_name too."
            )
        try:
            expansion = Expansion.of(self.query_expansion)
            cut_by(self.processing_kwargs or {}, type(self).__name__)
        except (BadModel, Unsupported) as cause:
            raise InputError(str(cause)) from None
        if expansion and self.query_length is not None and self.query_length < expansion.length:
            raise InputError(
                f"query_length {self.query_length} is less than the length {expansion.length} to which "
                "query_expansion fills queries."
            )

    def write(self, folder: Path, request: Request) -> None:
        """Finds the model and copies its files.

        Raises:
            InputError: `max_seq_length` is less than 1 or more than the model has positions for, or
                `tokenizer_name_or_path` has no tokenizer.
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
        if self.tokenizer_name_or_path is not None:
            other = Folder(resolve(str(self.tokenizer_name_or_path), request))
            _exchange_tokenizer(folder, other)
        if self.do_lower_case:
            lower_case(folder / TOKENIZER)

    def _write_own(self, folder: Path) -> None:
        """Writes what the arguments say beyond the files of the model."""
        from isomorph.saving.layout import write_json

        own = {name: getattr(self, name) for name in _OWN}
        given = {name: value for name, value in own.items() if value is not None}
        if given:
            file = folder / transformer.SETTINGS_FILES[0]
            before = json.loads(file.read_text("utf-8")) if file.is_file() else {}
            write_json(file, {**before, **given})


@dataclass(frozen=True)
class MLMTransformer(Transformer):
    """A transformer that scores words: the old name of one whose task is fill-mask."""

    transformer_task: str = "fill-mask"


def lower_case(file: Path) -> None:
    """Makes the tokenizer of a file turn texts into lower case first.

    Raises:
        InputError: there is no such file.
    """
    from tokenizers import Tokenizer, normalizers

    if not file.is_file():
        raise InputError(f"do_lower_case needs a {TOKENIZER}, which this model does not have.")
    tokenizer = Tokenizer.from_file(str(file))
    chain = [normalizers.Lowercase(), tokenizer.normalizer]
    tokenizer.normalizer = normalizers.Sequence([each for each in chain if each is not None])
    tokenizer.save(str(file))


def _exchange_tokenizer(folder: Path, other: Folder) -> None:
    """Puts the tokenizer of another model in place of the one that lies in a folder.

    Raises:
        InputError: the other has none.
        BadModel: a file of it is a link that leads out of its folder.
    """
    there = [name for name in TOKENIZER_FILES if other.file(name) is not None]
    if not {TOKENIZER, *VOCABULARIES} & set(there):
        raise InputError(f"tokenizer_name_or_path: {other} has no tokenizer.")
    for name in TOKENIZER_FILES:
        (folder / name).unlink(missing_ok=True)
    for name in there:
        other.copy(name, folder / name)
