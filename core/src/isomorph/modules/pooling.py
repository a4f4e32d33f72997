"""Pooling: token vectors to one vector a row, by one or several modes side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from warnings import warn

import numpy as np

from isomorph.errors import BadModel
from isomorph.files import limits
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import FLAG, TEXT, WIDTH, Either, ListOf, Schema, maybe
from isomorph.kinds import ModuleKind
from isomorph.model.graph import Module
from isomorph.modules.types import historical
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights

WEIGHTS_SUM = "token_weights_sum"
_SMALLEST = 1e-9  # a row without any token is divided by this, and so becomes zeros
_OLD_FLAGS = {  # the order in which sentence-transformers concatenates the modes of old files
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}

FLAGGED = tuple(_OLD_FLAGS.values())
"""The modes that old files name by flags."""

SCHEMA: Schema = {
    "pooling_mode": Either((TEXT, ListOf(TEXT, least=1, most=limits.PARTS))),
    **dict.fromkeys(_OLD_FLAGS, FLAG),
    "include_prompt": FLAG,
    **dict.fromkeys(("embedding_dimension", "word_embedding_dimension"), maybe(WIDTH)),
}


def read(source: ModuleFolder) -> Module:
    """Reads ``config.json``: `pooling_mode` as text or list, or the boolean flags of old files.

    Flags that are all false mean the mean, as in sentence-transformers; a file without any is refused.

    Raises:
        BadModel: there is no file, it names no mode, or one that does not exist.
    """
    config = source.settings(SCHEMA, "config.json", needed=(("pooling_mode", *_OLD_FLAGS),))
    flagged = [mode for flag, mode in _OLD_FLAGS.items() if config.get(flag)]
    modes = config.get("pooling_mode", flagged or "mean")
    if modes == "mean" and "pooling_mode" not in config and not flagged:
        warn(f"{source.place} sets every mode to false; the mean is taken.", stacklevel=2)
    names = tuple([modes] if isinstance(modes, str) else modes)
    width = config.get("embedding_dimension", config.get("word_embedding_dimension"))
    return pooling_module(
        source.name, source.path, names, config.get("include_prompt", True), width
    )


def pooling_module(
    name: str, folder: str, modes: tuple[str, ...], include_prompt: bool, width: int | None
) -> Module:
    """A pooling module; `width` is that of the token vectors.

    Raises:
        BadModel: a mode that does not exist.
    """
    for mode in modes:
        if mode not in _MODES:
            raise BadModel(f"Pooling mode {mode!r} in {folder!r} is not one of {sorted(_MODES)}.")
    feeds = ("attention_mask",) if include_prompt else ("attention_mask", "prompt_length")
    return Module(
        "pooling",
        name,
        folder=folder,
        config={"modes": modes, "include_prompt": include_prompt, "embedding_dimension": width},
        inputs=("token_embeddings", *feeds),
        outputs=("sentence_embedding",),
    )


def including_prompt(module: Module, include_prompt: bool) -> Module:
    """The same pooling with or without the tokens of the prompt."""
    config = module.config
    width = config["embedding_dimension"]
    return pooling_module(module.name, module.folder, config["modes"], include_prompt, width)


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """Masked reductions over the positions; all sums are float32.

    Behind WordWeights the means divide by the row's sum of weights.
    """
    tokens = values["token_embeddings"]
    real = mask = values["attention_mask"]
    total = None
    if WEIGHTS_SUM in module.inputs:
        total = ops.maximum(ops.unsqueeze(values[WEIGHTS_SUM], 1), _SMALLEST)
    if not module.config.get("include_prompt", True):
        mask = _without_prompt(mask, values["prompt_length"])
    parts = [_MODES[mode](tokens, mask, total, real) for mode in module.config["modes"]]
    return {"sentence_embedding": ops.concat(parts, axis=1) if len(parts) > 1 else parts[0]}


def _without_prompt(mask: Ref, prompt_length: Ref) -> Ref:
    """The mask with each row's first `prompt_length` real tokens cleared, wherever padding is."""
    rank = ops.cumsum(mask, axis=1)  # 1 for the first real token of a row
    kept = ops.compare(rank, ops.unsqueeze(prompt_length, 1), "greater")
    return mask * ops.cast(kept, "int64")


def _weighted_sum(tokens: Ref, weights: Ref) -> Ref:
    """(B, T, H) and float32 (B, T) -> (B, H), as a matrix product: no (B, T, H) temporary."""
    return ops.squeeze(ops.matmul(ops.unsqueeze(weights, 1), tokens), axis=1)


def _count(weights: Ref, total: Ref | None) -> Ref:
    """What a mean divides by, (B, 1): the sum of the weights, or `total` where that was given."""
    if total is not None:
        return total
    return ops.maximum(ops.reduce(weights, "sum", axis=1, keepdims=True), _SMALLEST)


def _mean(tokens: Ref, mask: Ref, total: Ref | None, real: Ref) -> Ref:
    weights = ops.cast(mask, "float32")
    return _weighted_sum(tokens, weights) / _count(weights, total)


def _mean_sqrt(tokens: Ref, mask: Ref, total: Ref | None, real: Ref) -> Ref:
    weights = ops.cast(mask, "float32")
    return _weighted_sum(tokens, weights) / ops.sqrt(_count(weights, total))


def _weighted_mean(tokens: Ref, mask: Ref, total: Ref | None, real: Ref) -> Ref:
    """Weight of a token: its position among the `real` ones, those of a prompt included, from 1."""
    weights = ops.cast(mask * ops.cumsum(real, axis=1), "float32")
    return _weighted_sum(tokens, weights) / _count(weights, total)


def _max(tokens: Ref, mask: Ref, total: Ref | None, real: Ref) -> Ref:
    """Maximum over real tokens; -inf everywhere for a row without any, as in sentence-transformers."""
    hidden = tokens.builder.constant(-np.inf)
    real = ops.compare(ops.unsqueeze(mask, 2), mask.builder.constant(np.array([0])), "greater")
    return ops.reduce(ops.where(real, tokens, hidden), "max", axis=1)


def _cls(tokens: Ref, mask: Ref, total: Ref | None, real: Ref) -> Ref:
    """The first real token."""
    return ops.take(tokens, ops.argmax(mask, axis=1))


def _last(tokens: Ref, mask: Ref, total: Ref | None, real: Ref) -> Ref:
    """The last real token, zeros for a row without any."""
    positions = ops.arange(mask, axis=1) + mask.builder.constant(np.array([1]))
    index = ops.argmax(mask * ops.unsqueeze(positions, 0), axis=1)
    token = ops.take(tokens, index)
    kept = ops.reduce(ops.cast(mask, "float32"), "max", axis=1, keepdims=True)
    return token * kept


_MODES: Mapping[str, Callable[[Ref, Ref, Ref | None, Ref], Ref]] = {
    "cls": _cls,
    "max": _max,
    "mean": _mean,
    "mean_sqrt_len_tokens": _mean_sqrt,
    "weightedmean": _weighted_mean,
    "lasttoken": _last,
}

MODES = tuple(_MODES)
"""The names of the modes."""


def width(module: Module, tokens: int | None) -> int | None:
    """The vectors of all modes side by side; where nobody knows how wide tokens are, as the file says."""
    each = tokens or module.config["embedding_dimension"]
    return each * len(module.config["modes"]) if each else None


def write(module: Module, tokens: int | None) -> Mapping[str, Any]:
    """The modes, as text where there is one, and the width of the token vectors."""
    modes = list(module.config["modes"])
    return {
        "embedding_dimension": module.config["embedding_dimension"] or tokens,
        "pooling_mode": modes[0] if len(modes) == 1 else modes,
        "include_prompt": module.config["include_prompt"],
    }


KIND = ModuleKind(
    name="pooling",
    classes=historical("Pooling"),
    read=read,
    lower=lower,
    optional=(WEIGHTS_SUM,),
    width=width,
    takes=lambda module: module.config["embedding_dimension"],
    write=write,
    needs=("settings",),
)
