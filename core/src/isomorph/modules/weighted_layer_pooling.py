"""WeightedLayerPooling: a learned average of the encoder's upper layers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isomorph.errors import BadModel
from isomorph.files import limits
from isomorph.files.module_folder import ModuleFolder
from isomorph.files.schema import LAYERS, WIDTH, Schema, Whole
from isomorph.kinds import ModuleKind, unchanged
from isomorph.model.graph import Module
from isomorph.modules.types import historical
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Stack, Weights

_WIDTH = ("embedding_dimension", "word_embedding_dimension")
SCHEMA: Schema = {
    **dict.fromkeys(_WIDTH, WIDTH),
    "layer_start": Whole(0, limits.LAYERS),
    "num_hidden_layers": LAYERS,
}


def read(source: ModuleFolder) -> Module:
    """Reads ``config.json`` and the name of ``layer_weights``."""
    config = source.settings(SCHEMA, "config.json", needed=(_WIDTH,))
    start, layers = config.get("layer_start", 4), config.get("num_hidden_layers", 12)
    if start > layers:
        raise BadModel(f"{source.place} begins with layer {start} of {layers}.")
    return Module(
        "weighted_layer_pooling",
        source.name,
        folder=source.path,
        config={
            "layer_start": start,
            "num_hidden_layers": layers,
        },
        weights=tuple(source.tensors),
        inputs=("all_layer_embeddings",),
        outputs=("token_embeddings",),
    )


def lower(module: Module, weights: Weights, values: Mapping[str, Ref]) -> Mapping[str, Ref]:
    """sum of weight times layer, over the sum of the weights, from `layer_start` upwards."""
    start = module.config["layer_start"]
    count = module.config["num_hidden_layers"] + 1 - start
    layers = values["all_layer_embeddings"]  # (L, B, T, H), the embeddings first
    if isinstance(layers, Stack) and start + count > layers.count:
        raise BadModel(
            f"WeightedLayerPooling {module.name!r} averages up to layer {start + count - 1}, but the encoder "
            f"before it has {layers.count - 1}."
        )
    factors = weights("layer_weights", (count,))
    total = None
    for i in range(count):
        index = layers.builder.constant(np.int64(start + i))
        factor = ops.embedding(factors, layers.builder.constant(np.int64(i)))
        part = ops.embedding(layers, index) * factor
        total = part if total is None else total + part
    assert total is not None
    return {"token_embeddings": total / ops.reduce(factors, "sum", axis=0)}


KIND = ModuleKind(
    name="weighted_layer_pooling",
    classes=historical("WeightedLayerPooling"),
    read=read,
    lower=lower,
    width=unchanged,
    needs=("settings",),
)
