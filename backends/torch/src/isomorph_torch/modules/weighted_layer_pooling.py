"""A learned average of the encoder's upper layers."""

from __future__ import annotations

import torch
from torch import nn

from isomorph.contract import Module
from isomorph_torch.modules.layer import Kind, Layer, Tensors
from isomorph_torch.modules.source import Source


class WeightedLayerPooling(Layer):
    """The sum of weight times layer over the sum of the weights, from `layer_start` upwards."""

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self.start: int = module.config["layer_start"]
        self.layer_weights = nn.Parameter(torch.ones(_count(module)))

    def forward(self, values: Tensors) -> Tensors:
        """All layers (L, B, T, H), the embeddings first -> (B, T, H)."""
        weights = self.layer_weights
        layers = values["all_layer_embeddings"][self.start : self.start + len(weights)]
        total = torch.einsum("l,lbth->bth", weights, layers.to(weights.dtype))
        return {**values, self.writes[0]: total / weights.sum()}


def _count(module: Module) -> int:
    return int(module.config["num_hidden_layers"]) + 1 - int(module.config["layer_start"])


def build(source: Source) -> WeightedLayerPooling:
    """Fills the weights of the layers."""
    layer = WeightedLayerPooling(source.module)
    source.fill(layer)
    return layer


def obstacle(source: Source) -> str:
    """One weight a layer must be there."""
    if _count(source.module) < 1:
        return "weighted_layer_pooling starts above the last layer"
    return source.lacks({"layer_weights": (_count(source.module),)})


KIND = Kind(("weighted_layer_pooling",), build, obstacle)
