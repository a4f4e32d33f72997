"""LSTM: long short-term memories over the token vectors, in layers, one way or both ways."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import FLAG, LAYERS, NUMBER, WIDTH, Schema
from isomorph.kinds import ModuleKind
from isomorph.model.graph import Module
from isomorph.modules.types import historical
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights

_INPUTS = ("embedding_dimension", "word_embedding_dimension")
SCHEMA: Schema = {
    **dict.fromkeys((*_INPUTS, "hidden_dim"), WIDTH),
    "num_layers": LAYERS,
    "dropout": NUMBER,
    "bidirectional": FLAG,
}


def read(source: ModuleFolder) -> Module:
    """Reads ``lstm_config.json``: `embedding_dimension`, `hidden_dim`, `num_layers`, `bidirectional`."""
    config = source.settings(SCHEMA, "lstm_config.json", needed=(_INPUTS, "hidden_dim"))
    return Module(
        "lstm",
        source.name,
        folder=source.path,
        config={
            "embedding_dimension": next(config[name] for name in _INPUTS if name in config),
            "hidden_dim": config["hidden_dim"],
            "num_layers": config.get("num_layers", 1),
            "dropout": float(config.get("dropout", 0)),
            "bidirectional": config.get("bidirectional", True),
        },
        weights=tuple(source.tensors),
        inputs=("token_embeddings", "attention_mask"),
        outputs=("token_embeddings",),
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """Layer upon layer over the real tokens, zeros at padding.

    The recurrence wants the tokens first in their rows, so padding on the left is turned to the right
    and back. A row without tokens is read as if it had one, which does not show.
    """
    mask = values["attention_mask"]
    first = ops.argmax(mask, axis=1)
    count = ops.reduce(mask, "sum", axis=1)
    none = mask.builder.constant(np.array([0]))
    lengths = count + ops.cast(ops.compare(count, none, "equal"), "int64")
    config = module.config
    width, hidden = config["embedding_dimension"], config["hidden_dim"]
    x = _turned(values["token_embeddings"], mask, first, width)
    for layer in range(config["num_layers"]):
        ways = [_direction(x, lengths, weights, f"l{layer}", width, hidden)]
        if config["bidirectional"]:
            ways.append(_direction(x, lengths, weights, f"l{layer}_reverse", width, hidden))
        x = ops.concat(ways, axis=2) if len(ways) > 1 else ways[0]
        width = hidden * len(ways)
    back = ops.reduce(_ones(mask), "sum", axis=1) - first
    states = _turned(x, mask, back, width)
    return {"token_embeddings": states * ops.unsqueeze(ops.cast(mask, "float32"), 2)}


def _direction(x: Ref, lengths: Ref, weights: Weights, name: str, width: int, hidden: int) -> Ref:
    return ops.lstm(
        x,
        lengths,
        weights(f"encoder.weight_ih_{name}", (4 * hidden, width)),
        weights(f"encoder.weight_hh_{name}", (4 * hidden, hidden)),
        weights(f"encoder.bias_ih_{name}", (4 * hidden,))
        + weights(f"encoder.bias_hh_{name}", (4 * hidden,)),
        hidden=hidden,
        reverse=name.endswith("reverse"),
    )


def _ones(mask: Ref) -> Ref:
    return ops.cast(ops.compare(mask, mask, "equal"), "int64")


def _turned(x: Ref, mask: Ref, by: Ref, width: int) -> Ref:
    """Row b of x (B, T, `width`) turned to the left by by[b] positions, int64 (B,), at most T of them."""
    size = ops.reduce(_ones(mask), "sum", axis=1, keepdims=True)  # T, as (B, 1)
    there = ops.unsqueeze(ops.arange(mask, axis=1), 0) + ops.unsqueeze(by, 1)
    there = there - size * ops.cast(ops.compare(there, size, "greater_equal"), "int64")
    rows = ops.unsqueeze(ops.arange(mask, axis=0), 1) * size
    return ops.embedding(ops.reshape(x, (-1, width)), rows + there)


KIND = ModuleKind(
    name="lstm",
    classes=historical("LSTM"),
    read=read,
    lower=lower,
    width=lambda module, width: (
        int(module.config["hidden_dim"]) * (2 if module.config["bidirectional"] else 1)
    ),
    takes=lambda module: int(module.config["embedding_dimension"]),
    needs=("settings", "weights"),
)
