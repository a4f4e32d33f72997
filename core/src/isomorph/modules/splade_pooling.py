"""SpladePooling: scores of words at every position to one weight a word (arXiv:2107.05720)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import WORDS as VOCABULARY
from isomorph.files.schema import OneOf, Schema, maybe
from isomorph.kinds import ModuleKind
from isomorph.model.graph import Module
from isomorph.modules.types import SPARSE, historical
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights
from isomorph.primitives.projection import Projection

STRATEGIES = ("max", "sum")
ACTIVATIONS = {"relu": 1, "log1p_relu": 2}
"""How often log(1 + x) is taken after the rectifier."""

SCHEMA: Schema = {
    "pooling_strategy": OneOf(STRATEGIES),
    "activation_function": OneOf(tuple(ACTIVATIONS)),
    **dict.fromkeys(("embedding_dimension", "word_embedding_dimension"), maybe(VOCABULARY)),
}

WORDS = 4096
"""Words of a part: with a forward's 1024 tokens 16 MB, and still a large matrix product."""


def read(source: ModuleFolder) -> Module:
    """Reads ``config.json``: `pooling_strategy`, `activation_function`, `embedding_dimension`."""
    config = source.settings(SCHEMA, "config.json")
    return splade_module(
        source.name,
        source.path,
        config.get("pooling_strategy", "max"),
        config.get("activation_function", "relu"),
        config.get("embedding_dimension", config.get("word_embedding_dimension")),
    )


def splade_module(
    name: str, folder: str, strategy: str, activation: str, width: int | None
) -> Module:
    """A module that pools scores (B, T, V) to weights (B, V); `width` is V where that is known."""
    settings = {
        "pooling_strategy": strategy,
        "activation_function": activation,
        "embedding_dimension": width,
    }
    feeds = ("token_embeddings", "attention_mask")
    return Module(
        "splade_pooling",
        name,
        folder=folder,
        config=settings,
        inputs=feeds,
        outputs=("sentence_embedding",),
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """Maximum or sum over the real tokens of log(1 + relu(score)).

    The scores of a whole vocabulary at every position are gigabytes. Where nobody has computed them
    yet, they are computed and reduced part by part.
    """
    config = module.config
    logs = ACTIVATIONS[config["activation_function"]]
    pool = {"max": _max, "sum": _sum}[config["pooling_strategy"]]
    scores, mask = values["token_embeddings"], values["attention_mask"]
    return {"sentence_embedding": pool(scores, mask, logs)}


def _max(scores: Ref, mask: Ref, logs: int) -> Ref:
    """Rectifier and logarithm never decrease, so the maximum comes first, and (B, V) is left."""
    if isinstance(scores, Projection) and scores.cap is None:
        tokens = _padded_with_first(scores.x, mask)

        def best(weight: Ref, bias: Ref | None) -> Ref:
            found = ops.reduce(ops.linear(tokens, weight), "max", axis=1)
            return found if bias is None else found + bias

        highest = _by_parts(scores, best)
    else:
        highest = ops.reduce(_padded_with_first(scores, mask), "max", axis=1)
    real = ops.reduce(ops.cast(mask, "float32"), "max", axis=1, keepdims=True)
    return _saturate(highest * real, logs)  # zeros for a row without any token


def _sum(scores: Ref, mask: Ref, logs: int) -> Ref:
    real = ops.unsqueeze(ops.cast(mask, "float32"), 1)

    def total(values: Ref) -> Ref:
        return ops.squeeze(ops.matmul(real, _saturate(values, logs)), axis=1)

    if isinstance(scores, Projection) and scores.cap is None:
        x = scores.x
        return _by_parts(scores, lambda weight, bias: total(ops.linear(x, weight, bias)))
    return total(scores)


def _by_parts(scores: Projection, pool: Callable[[Ref, Ref | None], Ref]) -> Ref:
    parts = [pool(weight, bias) for weight, bias in scores.parts(WORDS)]
    return ops.concat(parts, axis=1) if len(parts) > 1 else parts[0]


def _padded_with_first(x: Ref, mask: Ref) -> Ref:
    """x (B, T, …) with each row's first real token in place of padding: no maximum changes."""
    first = ops.unsqueeze(ops.take(x, ops.argmax(mask, axis=1)), 1)
    none = mask.builder.constant(np.array([0]))
    return ops.where(ops.compare(ops.unsqueeze(mask, 2), none, "greater"), x, first)


def _saturate(x: Ref, logs: int) -> Ref:
    x = ops.activation(x, "relu")
    for _ in range(logs):
        x = ops.log1p(x)
    return x


def write(module: Module, words: int | None) -> Mapping[str, Any]:
    """All settings, and how many words there are."""
    known = module.config["embedding_dimension"] or words
    return {**module.config, "embedding_dimension": known}


KIND = ModuleKind(
    name="splade_pooling",
    classes=historical("SpladePooling", home=SPARSE),
    read=read,
    lower=lower,
    width=lambda module, words: words or module.config["embedding_dimension"],
    sparse=True,
    tag="splade",
    write=write,
    needs=("settings",),
)
