"""The vector of each word, times a weight of the word."""

from __future__ import annotations

import torch

from isomorph.contract import Module
from isomorph_torch.modules.layer import Kind, Layer, Tensors


class WordWeights(Layer):
    """The weights are the model's configuration and no parameters: a file of them is never read."""

    weights: torch.Tensor

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self.register_buffer("weights", torch.tensor(module.config["weights"]), persistent=False)

    def forward(self, values: Tensors) -> Tensors:
        """Tokens (B, T, H), ids and mask (B, T) -> (B, T, H) with zeros at padding, and sums (B,)."""
        weights = self.weights.float()[values["input_ids"]] * values["attention_mask"]
        tokens = values["token_embeddings"] * weights.unsqueeze(2)
        return {**values, "token_embeddings": tokens, "token_weights_sum": weights.sum(dim=1)}


KIND = Kind(("word_weights",), lambda source: WordWeights(source.module))
