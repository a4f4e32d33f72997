"""A text as the weights of its words, one component for each word of the vocabulary."""

from __future__ import annotations

import torch

from isomorph.contract import Module
from isomorph_torch.modules.layer import Kind, Layer, Tensors


class BoW(Layer):
    """Weights that stand in the model's configuration, added up or, if not cumulative, set."""

    weights: torch.Tensor

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self.cumulative: bool = module.config["cumulative"]
        self.register_buffer("weights", torch.tensor(module.config["weights"]), persistent=False)

    def forward(self, values: Tensors) -> Tensors:
        """Ids and mask (B, T) -> (B, V)."""
        ids, mask = values["input_ids"], values["attention_mask"]
        weights = self.weights.float()
        counts = weights.new_zeros(len(ids), len(weights))
        counts.scatter_add_(1, ids, mask.to(counts.dtype))
        if not self.cumulative:
            counts.clamp_(max=1)
        return {**values, self.writes[0]: counts * weights}


KIND = Kind(("bow",), lambda source: BoW(source.module), steady=False)
