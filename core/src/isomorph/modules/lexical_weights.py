"""LexicalWeights: one weight for each token, and of equal tokens the largest (arXiv:2402.03216).

FlagEmbedding's models have this head beside their dense vectors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import TOKEN, WIDTH, WORDS, ListOf, Schema
from isomorph.kinds import ModuleKind
from isomorph.model.graph import Module
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights

SCHEMA: Schema = {"in_features": WIDTH, "tokens": WORDS, "skipped_token_ids": ListOf(TOKEN)}
TENSORS = ("linear.weight", "linear.bias")


def read(source: ModuleFolder) -> Module:
    """Reads ``config.json``: `in_features`, `tokens` and `skipped_token_ids`."""
    config = source.settings(SCHEMA, "config.json", needed=tuple(SCHEMA))
    return lexical_weights(
        source.name,
        source.path,
        width=config["in_features"],
        tokens=config["tokens"],
        skipped=config["skipped_token_ids"],
    )


def lexical_weights(
    name: str, folder: str, *, width: int, tokens: int, skipped: Sequence[int]
) -> Module:
    """The module for token vectors of `width` features; results have a weight for each of `tokens`."""
    settings = {"in_features": width, "tokens": tokens, "skipped_token_ids": tuple(skipped)}
    feeds = ("token_embeddings", "input_ids", "attention_mask")
    return Module(
        "lexical_weights",
        name,
        folder=folder,
        config=settings,
        weights=TENSORS,
        inputs=feeds,
        outputs=("sentence_embedding",),
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """relu(x w + b) of every token that counts, the largest at the id of the token: (B, tokens)."""
    config, ids = module.config, values["input_ids"]
    x, wide = values["token_embeddings"], config["in_features"]
    line = ops.linear(x, weights(TENSORS[0], (1, wide)), weights(TENSORS[1], (1,)))
    found = ops.squeeze(ops.activation(line, "relu"), axis=2)
    none = ids.builder.constant(np.float32(0))
    zero, tokens = (ids.builder.constant(np.array([n], np.int64)) for n in (0, config["tokens"]))
    counts = ops.compare(values["attention_mask"], zero, "greater")
    found = ops.where(counts, found, none)
    for skipped in config["skipped_token_ids"]:
        one = ids.builder.constant(np.array([skipped], np.int64))
        found = ops.where(ops.compare(ids, one, "equal"), none, found)
    known = ops.compare(tokens, ids, "greater")  # an id beyond all tokens weighs nothing
    places = ids * ops.cast(known, "int64")
    best = ops.scatter_max(ops.where(known, found, none), places, config["tokens"])
    return {"sentence_embedding": best}


def write(module: Module, width: int | None) -> Mapping[str, Any]:
    """All settings."""
    return {**module.config, "skipped_token_ids": list(module.config["skipped_token_ids"])}


KIND = ModuleKind(
    name="lexical_weights",
    classes=("isomorph.modules.lexical_weights.LexicalWeights",),
    read=read,
    lower=lower,
    width=lambda module, width: int(module.config["tokens"]),
    takes=lambda module: int(module.config["in_features"]),
    sparse=True,
    write=write,
    needs=("settings", "weights"),
)
