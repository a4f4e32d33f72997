"""The tokenizers, processors and configurations of transformers, from the files of a loaded model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from isomorph.errors import Unsupported

NO_LIMIT = int(1e30)
"""What transformers says where a tokenizer cuts nothing."""


_SIDES = ("padding_side", "truncation_side")
_WORDS = ("truncation_side", "chat_template", "pad_token_id")
"""Settings of a tokenizer that decide what a model reads, and that core takes from the files."""


@dataclass
class OwnTokenizer:
    """A model's tokenizer, the length that it said when it was last shown, and its settings at first."""

    tokenizer: Any
    shown_length: int | None = None
    settings: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.settings = self._settings()

    @classmethod
    def of(cls, model: Any, native: Any) -> OwnTokenizer:
        """That of transformers where the first module is a transformer; `native` for all others."""
        if not is_transformer(model):
            return cls(native)
        from transformers import AutoTokenizer, PreTrainedTokenizerFast

        folder, asked = folder_of(model), model.__loaded__().recipe.processor
        sides = {name: asked[name] for name in _SIDES if name in asked}
        try:
            return cls(AutoTokenizer.from_pretrained(folder, local_files_only=True, **sides))
        except (OSError, ValueError):  # no class of transformers reads what lies there
            return cls(PreTrainedTokenizerFast(tokenizer_object=native))

    @property
    def cuts(self) -> bool:
        """Whether it is one of transformers, which say where they cut."""
        return hasattr(self.tokenizer, "model_max_length")

    def _settings(self) -> Mapping[str, Any]:
        if not self.cuts:
            return {}
        found = {name: getattr(self.tokenizer, name, None) for name in _WORDS}
        return {**found, "len()": len(self.tokenizer)}

    def refuse_other(self) -> None:
        """Refuses a tokenizer that a program has changed: calls read the model's files.

        Raises:
            Unsupported: a setting is another one than at first; says which.
        """
        now = self._settings()
        for name, value in self.settings.items():
            if now[name] != value:
                raise Unsupported(
                    f"{name} of the tokenizer was {value!r} and is {now[name]!r}: engines read texts as the "
                    "files of the model say, and would pass over that. Set it back, and pass "
                    "processor_kwargs= to the constructor, or save a folder with the other tokenizer."
                )

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


def encoded(model: Any, features: dict[str, Any], prompt: str | None) -> Mapping[str, Any]:
    """Features of texts as transformers' tokenizers give them, where the first module is a transformer.

    Args:
        model: whose features they are.
        features: tensors by name, as the graph is fed.
        prompt: what went in front of each text; its length is among the features.
    """
    if not is_transformer(model) or "input_ids" not in features:
        return features
    from transformers import BatchEncoding

    given = getattr(model.tokenizer, "model_input_names", list(features))
    left_out = {name for name in ("token_type_ids",) if name not in given} | {"prompt_length"}
    found = {name: features[name] for name in sorted(features, key=_place) if name not in left_out}
    side = getattr(model.tokenizer, "padding_side", "right")
    made: Mapping[str, Any] = BatchEncoding({**_on_side(found, side), **_length_of(model, prompt)})
    return made


def _length_of(model: Any, prompt: str | None) -> Mapping[str, int]:
    """How many tokens a prompt has, without a special one at its end; nothing where none goes in front."""
    if not prompt or modality_of(model) != "text":
        return {}
    ids = model.tokenizer(prompt)["input_ids"]
    return {"prompt_length": len(ids) - (ids[-1] in model.tokenizer.all_special_ids)}


def of_each(model: Any, result: Any, inputs: Any, prompt: str | None = None) -> Any:
    """What a model makes of each text, with what its tokenizer says of one.

    Args:
        model: whose features they are.
        result: a dictionary of arrays, or a list of them.
        inputs: what they were made of. The second text of a pair has another type, which no result says.
        prompt: what went in front of each text.
    """
    if not is_transformer(model):
        return result
    single = isinstance(result, dict)
    listed = "token_type_ids" in getattr(model.tokenizer, "model_input_names", ())
    made = []
    for each, text in zip(
        [result] if single else result, [inputs] if single else inputs, strict=True
    ):
        typed = (
            {"token_type_ids": each["input_ids"] * 0} if listed and isinstance(text, str) else {}
        )
        modality = {"modality": modality_of(model), **_length_of(model, prompt)}
        tokens = ("input_ids", "attention_mask")
        rest = {name: value for name, value in each.items() if name not in tokens}
        told = {**typed, **{name: each[name] for name in tokens}}
        made.append(
            {**dict(sorted(told.items(), key=lambda item: _place(item[0]))), **modality, **rest}
        )
    return made[0] if single else made


def modality_of(model: Any) -> str:
    """As what texts go through a model: models that take messages send texts as such."""
    return "message" if "message" in model.modalities else "text"


def _place(name: str) -> int:
    """Where tokenizers of transformers put a feature; behind those all others, as they come."""
    first = ("input_ids", "token_type_ids", "attention_mask")
    return first.index(name) if name in first else len(first)


def _on_side(features: dict[str, Any], side: str) -> dict[str, Any]:
    """Features of padded texts with the padding on a side, whatever the graph is fed."""
    mask = features.get("attention_mask")
    if mask is None or mask.ndim != 2 or not mask.numel():
        return features
    counts = mask.sum(1).tolist()
    width = mask.shape[1]
    edge = mask[:, -1] if side == "right" else mask[:, 0]
    whole = all(bool(row.any()) for row in mask)
    if not whole or not any(
        count < width and bool(at) for count, at in zip(counts, edge, strict=True)
    ):
        return features
    step = -1 if side == "right" else 1
    return {
        name: torch.stack(
            [row.roll(step * (width - n)) for row, n in zip(value, counts, strict=True)]
        )
        if getattr(value, "shape", None) == mask.shape
        else value
        for name, value in features.items()
    }


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
    if not is_transformer(model):
        return None
    from transformers import AutoConfig, PretrainedConfig

    folder = folder_of(model)
    try:
        return AutoConfig.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError):  # a family whose code transformers does not bring
        settings: Mapping[str, Any] = model.__loaded__().model.graph.modules[0].config
        return PretrainedConfig(**dict(settings["transformer"]))


def is_transformer(model: Any) -> bool:
    """Whether the first module is a transformer."""
    return "transformer" in model.__loaded__().model.graph.modules[0].config
