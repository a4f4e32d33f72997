"""WeightedLayerPooling: a learned average of the encoder's upper layers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isomorph.graph import Module
from isomorph.modules.operation import ModuleFolder, Operation
from isomorph.modules.types import historical
from isomorph.program import ops
from isomorph.program.builder import Ref, Weights


def read(source: ModuleFolder) -> Module:
    """Reads ``config.json`` and the name of ``layer_weights``."""
    config = source.config("config.json")
    return Module(
        "weighted_layer_pooling",
        source.name,
        source.path,
        {
            "layer_start": int(config.get("layer_start", 4)),
            "num_hidden_layers": int(config.get("num_hidden_layers", 12)),
        },
        tuple(source.tensors),
        ("all_layer_embeddings",),
        ("token_embeddings",),
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """sum of weight times layer, over the sum of the weights, from `layer_start` upwards."""
    start = module.config["layer_start"]
    count = module.config["num_hidden_layers"] + 1 - start
    layers = values["all_layer_embeddings"]  # (L, B, T, H), the embeddings first
    factors = weights("layer_weights", (count,))
    total = None
    for i in range(count):
        index = layers.builder.constant(np.int64(start + i))
        factor = ops.embedding(factors, layers.builder.constant(np.int64(i)))
        part = ops.embedding(layers, index) * factor
        total = part if total is None else total + part
    assert total is not None
    return {"token_embeddings": total / ops.reduce(factors, "sum", axis=0)}


OPERATION = Operation("weighted_layer_pooling", historical("WeightedLayerPooling"), read, lower)
