"""Convolutions of several sizes over the token vectors, side by side."""

from __future__ import annotations

import torch
from torch import nn

from isomorph.contract import Module
from isomorph_torch.modules.layer import Kind, Layer, Tensors
from isomorph_torch.modules.source import Source


class CNN(Layer):
    """One nn.Conv1d a kernel size; padding is zeros to it, as what is beyond the text is."""

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        config = module.config
        wide, channels = config["in_embedding_dimension"], config["out_channels"]
        self.convs = nn.ModuleList(
            nn.Conv1d(wide, channels, size, padding="same") for size in config["kernel_sizes"]
        )

    def forward(self, values: Tensors) -> Tensors:
        """Tokens (B, T, H), mask (B, T) -> (B, T, channels times the number of kernels)."""
        x = values["token_embeddings"].to(next(self.parameters()).dtype)
        x = (x * values["attention_mask"].unsqueeze(2)).transpose(1, 2)
        y = torch.cat([conv(x) for conv in self.convs], dim=1)
        return {**values, self.writes[0]: y.transpose(1, 2)}


def build(source: Source) -> CNN:
    """Fills the convolutions."""
    layer = CNN(source.module)
    source.fill(layer)
    return layer


def obstacle(source: Source) -> str:
    """Every kernel must leave one vector a token, and have its tensors."""
    config = source.module.config
    shapes: dict[str, tuple[int, ...]] = {}
    for index, size in enumerate(config["kernel_sizes"]):
        stride = config["stride_sizes"][index]
        if stride != 1 or not size % 2:
            return (
                f"a CNN kernel of size {size} and stride {stride} leaves no vector for each token"
            )
        wide, channels = config["in_embedding_dimension"], config["out_channels"]
        shapes[f"convs.{index}.weight"] = (channels, wide, size)
        shapes[f"convs.{index}.bias"] = (channels,)
    return source.lacks(shapes)


KIND = Kind(("cnn",), build, obstacle)
