"""Every token of a text with its stored weight."""

from __future__ import annotations

import torch
from torch import nn

from isomorph.contract import Module
from isomorph.errors import BadModel
from isomorph_torch.modules.layer import Kind, Layer, Tensors
from isomorph_torch.modules.source import Source


class SparseStaticEmbedding(Layer):
    """What each of the tokens of a text weighs, zero for all others."""

    def __init__(self, module: Module, weight: torch.Tensor) -> None:
        super().__init__(module)
        self.weight = nn.Parameter(weight)

    def forward(self, values: Tensors) -> Tensors:
        """Ids and mask (B, T) -> (B, tokens); ids beyond the weights are left out."""
        ids, size = values["input_ids"], len(self.weight)
        real = (values["attention_mask"] > 0) & (ids < size)
        spare = ids.masked_fill(~real, size)  # a last column that collects what does not count
        held = torch.zeros(len(ids), size + 1, dtype=self.weight.dtype, device=ids.device)
        held.scatter_(1, spare, 1.0)
        # Not a product: zero times a weight that is not finite would spoil every text.
        weights = torch.where(held[:, :size] > 0, self.weight, 0.0)
        return {**values, self.writes[0]: weights}


def build(source: Source) -> SparseStaticEmbedding:
    """Reads the weights from their file, or from the module's settings.

    Raises:
        BadModel: there are none.
    """
    listed = source.module.config["weights"]
    tensors = source.tensors()
    if listed is not None:
        weight = torch.tensor(listed, dtype=torch.float32)
    elif "weight" in tensors:
        weight = tensors["weight"].float()
    else:
        raise BadModel(f"{source.folder} holds no tensor 'weight'.")
    return SparseStaticEmbedding(source.module, weight)


def obstacle(source: Source) -> str:
    """The weights must be there."""
    config = source.module.config
    return "" if config["weights"] is not None else source.lacks({"weight": (config["tokens"],)})


KIND = Kind(("sparse_static_embedding",), build, obstacle)
