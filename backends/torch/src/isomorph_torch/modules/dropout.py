"""Dropout: acts in training only."""

from __future__ import annotations

from torch import nn

from isomorph.contract import Module
from isomorph_torch.modules.layer import Kind, Layer, Tensors


class Dropout(Layer):
    """nn.Dropout on the sentence embedding."""

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self.dropout = nn.Dropout(module.config["dropout"])

    def forward(self, values: Tensors) -> Tensors:
        """(B, D) -> (B, D)."""
        return {**values, self.writes[0]: self.dropout(values[self.reads[0]])}


KIND = Kind(("dropout",), lambda source: Dropout(source.module))
