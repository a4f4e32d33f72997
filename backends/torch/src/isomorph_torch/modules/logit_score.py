"""Scores of words at the last token to one score a row."""

from __future__ import annotations

import torch

from isomorph.contract import Module
from isomorph_torch.modules.layer import Kind, Layer, Tensors
from isomorph_torch.precision import at_least_float32


class LogitScore(Layer):
    """The score of one word, less that of another where there is one."""

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self.true_token_id: int = module.config["true_token_id"]
        self.false_token_id: int | None = module.config["false_token_id"]

    def forward(self, values: Tensors) -> Tensors:
        """Scores (B, T, V), mask (B, T) -> (B, 1)."""
        scores, mask = values[self.reads[0]], values["attention_mask"]
        places = torch.arange(1, mask.shape[1] + 1, device=mask.device)
        last = (mask * places).argmax(dim=1)
        words = at_least_float32(scores[torch.arange(len(scores), device=mask.device), last])
        found = words[:, self.true_token_id]
        if self.false_token_id is not None:
            found = found - words[:, self.false_token_id]
        return {**values, self.writes[0]: found.unsqueeze(1)}


KIND = Kind(("logit_score",), lambda source: LogitScore(source.module))
