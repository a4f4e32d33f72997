"""The tokenizers, processors and configurations of transformers, from the files of a loaded model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NO_LIMIT = int(1e30)
"""What transformers says where a tokenizer cuts nothing."""


@dataclass
class OwnTokenizer:
    """A model's tokenizer, and the length that it said when it was last shown."""

    tokenizer: Any
    shown_length: int | None = None

    @classmethod
    def of(cls, model: Any, native: Any) -> OwnTokenizer:
        """That of transformers where the first module is a transformer; `native` for all others."""
        if not _is_transformer(model):
            return cls(native)
        from transformers import AutoTokenizer, PreTrainedTokenizerFast

        folder = folder_of(model)
        try:
            return cls(AutoTokenizer.from_pretrained(folder, local_files_only=True))
        except (OSError, ValueError):  # no class of transformers reads what lies there
            return cls(PreTrainedTokenizerFast(tokenizer_object=native))

    @property
    def cuts(self) -> bool:
        """Whether it is one of transformers, which say where they cut."""
        return hasattr(self.tokenizer, "model_max_length")

    def shown(self, length: int | None) -> Any:
        """The tokenizer, which says this length."""
        if self.cuts and self.said() is None:
            self.tokenizer.model_max_length = NO_LIMIT if length is None else length
            self.shown_length = self.tokenizer.model_max_length
        return self.tokenizer

    def said(self) -> int | None:
        """The length that a program has set on the tokenizer since it was shown; None for no other."""
        if not self.cuts or self.shown_length is None:
            return None
        length = self.tokenizer.model_max_length
        if length == self.shown_length:
            return None
        self.shown_length = length
        return int(length)


def encoded(model: Any, features: dict[str, Any]) -> Mapping[str, Any]:
    """Features of texts as transformers' tokenizers give them, where the first module is a transformer."""
    if not _is_transformer(model) or "input_ids" not in features:
        return features
    from transformers import BatchEncoding

    found: Mapping[str, Any] = BatchEncoding(features)
    return found


def folder_of(model: Any) -> Path:
    """The folder of the first module's files."""
    loaded = model.__loaded__()
    folder: Path = loaded.whole.folder / loaded.model.graph.modules[0].folder
    return folder


def processor_of(model: Any) -> Any:
    """The processor of a model that takes more than texts, None where it takes texts alone."""
    if list(model.modalities) == ["text"]:
        return None
    from transformers import AutoProcessor

    return AutoProcessor.from_pretrained(folder_of(model), local_files_only=True)


def config_of(model: Any) -> Any:
    """The configuration that transformers reads from the folder; None without a transformer."""
    if not _is_transformer(model):
        return None
    from transformers import AutoConfig, PretrainedConfig

    folder = folder_of(model)
    try:
        return AutoConfig.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError):  # a family whose code transformers does not bring
        settings: Mapping[str, Any] = model.__loaded__().model.graph.modules[0].config
        return PretrainedConfig(**dict(settings["transformer"]))


def _is_transformer(model: Any) -> bool:
    return "transformer" in model.__loaded__().model.graph.modules[0].config
