"""Scores of words at every position to one weight a word."""

from __future__ import annotations

import torch

from isomorph.contract import Module
from isomorph_torch.modules.layer import Kind, Layer, Tensors
from isomorph_torch.modules.source import Source
from isomorph_torch.precision import at_least_float32

_POSITIONS = 32  # taken at once: transformers has made (B, T, V), and it need not be there again
_LOGARITHMS = {"relu": 1, "log1p_relu": 2}
_STRATEGIES = ("max", "sum")


class SpladePooling(Layer):
    """Maximum or sum over the real tokens of log(1 + relu(score)), in at least float32."""

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self.pooling_strategy: str = module.config["pooling_strategy"]
        self.activation_function: str = module.config["activation_function"]

    def forward(self, values: Tensors) -> Tensors:
        """Scores (B, T, V), mask (B, T) -> (B, V)."""
        scores, mask = values[self.reads[0]], values["attention_mask"] > 0
        pooled = scores.new_zeros(len(scores), scores.shape[2], dtype=torch.float32)
        for start in range(0, scores.shape[1], _POSITIONS):
            part, real = (x[:, start : start + _POSITIONS] for x in (scores, mask))
            weights = at_least_float32(part).masked_fill(~real.unsqueeze(2), 0.0).relu()
            for _ in range(_LOGARITHMS[self.activation_function]):
                weights = weights.log1p()
            if self.pooling_strategy == "sum":
                pooled = pooled + weights.sum(1)
            else:  # no weight is below the zeros that this begins with
                pooled = torch.maximum(pooled, weights.amax(1))
        return {**values, self.writes[0]: pooled}


def obstacle(source: Source) -> str:
    """Strategy and activation must be known."""
    config = source.module.config
    for value, known in (
        (config["pooling_strategy"], _STRATEGIES),
        (config["activation_function"], tuple(_LOGARITHMS)),
    ):
        if value not in known:
            return f"backend 'torch' has no SPLADE pooling {value!r} (it has: {', '.join(known)})"
    return ""


KIND = Kind(("splade_pooling",), lambda source: SpladePooling(source.module), obstacle)
