"""LayerNorm on the sentence embedding."""

from __future__ import annotations

from torch import nn

from isomorph.contract import Module
from isomorph_torch.modules.layer import Kind, Layer, Tensors
from isomorph_torch.modules.source import Source


class LayerNorm(Layer):
    """nn.LayerNorm with torch's own epsilon, which the file format never overrides."""

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self.norm = nn.LayerNorm(module.config["dimension"])

    def forward(self, values: Tensors) -> Tensors:
        """(B, D) -> (B, D)."""
        x = values[self.reads[0]].to(self.norm.weight.dtype)
        return {**values, self.writes[0]: self.norm(x)}


def build(source: Source) -> LayerNorm:
    """Fills scale and shift."""
    layer = LayerNorm(source.module)
    source.fill(layer)
    return layer


def obstacle(source: Source) -> str:
    """Scale and shift must be there."""
    shape = (source.module.config["dimension"],)
    return source.lacks({"norm.weight": shape, "norm.bias": shape})


KIND = Kind(("layer_norm",), build, obstacle)
