"""Token vectors to one vector a row, by one or several modes side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch

from isomorph.contract import Module
from isomorph_torch.modules.layer import Kind, Layer, Tensors
from isomorph_torch.modules.source import Source
from isomorph_torch.precision import at_least_float32

Given = torch.Tensor | None
"""The sums of a module before that has weighted the tokens, (B, 1)."""

_SMALLEST_COUNT = 1e-9  # a row without real tokens is divided by this, and so becomes zeros


class Pooling(Layer):
    """Masked reductions over the positions, in at least float32."""

    def __init__(self, module: Module) -> None:
        super().__init__(module)
        self.modes: tuple[str, ...] = tuple(module.config["modes"])
        self.include_prompt: bool = module.config.get("include_prompt", True)

    def forward(self, values: Tensors) -> Tensors:
        """Tokens (B, T, H), mask (B, T) -> (B, H times the number of modes)."""
        tokens = at_least_float32(values["token_embeddings"])
        real = mask = values["attention_mask"] > 0
        if not self.include_prompt:
            mask = without_prompt(mask, values["prompt_length"])
        total = None
        if "token_weights_sum" in self.reads:
            total = values["token_weights_sum"].unsqueeze(1).clamp(min=_SMALLEST_COUNT)
        pooled = torch.cat([_MODES[mode](tokens, mask, total, real) for mode in self.modes], dim=1)
        return {**values, self.writes[0]: pooled}


def without_prompt(mask: torch.Tensor, prompt_length: torch.Tensor) -> torch.Tensor:
    """The bool mask (B, T) without each row's first `prompt_length` (B,) real tokens."""
    rank = mask.long().cumsum(dim=1)  # 1 for the first real token, wherever padding is
    return mask & (rank > prompt_length.unsqueeze(1))


def _sums(
    tokens: torch.Tensor, weights: torch.Tensor, given: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Weighted sum (B, H) of the tokens, and what a mean divides by: the sum of the weights (B, 1).

    Where a module before has weighted the tokens, the divisor is `given`. It is never 0.
    """
    weights = weights.to(tokens.dtype)
    total = torch.einsum("bt,bth->bh", weights, tokens)
    if given is None:
        given = weights.sum(dim=1, keepdim=True).clamp(min=_SMALLEST_COUNT)
    return total, given


def _mean(
    tokens: torch.Tensor, mask: torch.Tensor, given: Given, real: torch.Tensor
) -> torch.Tensor:
    total, count = _sums(tokens, mask, given)
    return total / count


def _mean_sqrt(
    tokens: torch.Tensor, mask: torch.Tensor, given: Given, real: torch.Tensor
) -> torch.Tensor:
    total, count = _sums(tokens, mask, given)
    return total / count.sqrt()


def _weighted_mean(
    tokens: torch.Tensor, mask: torch.Tensor, given: Given, real: torch.Tensor
) -> torch.Tensor:
    """Weight of a token: its position among the `real` ones, those of a prompt included, from 1."""
    total, count = _sums(tokens, mask * real.long().cumsum(dim=1), given)
    return total / count


def _max(
    tokens: torch.Tensor, mask: torch.Tensor, given: Given, real: torch.Tensor
) -> torch.Tensor:
    """-inf for a row without real tokens."""
    return tokens.masked_fill(~mask.unsqueeze(2), -torch.inf).amax(dim=1)


def _cls(
    tokens: torch.Tensor, mask: torch.Tensor, given: Given, real: torch.Tensor
) -> torch.Tensor:
    """The first real token, in a row without any the first token."""
    return _pick(tokens, mask.long().argmax(dim=1))


def _last(
    tokens: torch.Tensor, mask: torch.Tensor, given: Given, real: torch.Tensor
) -> torch.Tensor:
    """The last real token, zeros for a row without any."""
    picked = _pick(tokens, (mask * _positions(mask)).argmax(dim=1))
    return picked * mask.any(dim=1, keepdim=True)


def _positions(mask: torch.Tensor) -> torch.Tensor:
    """1, 2, 3, … of shape (T,)."""
    return torch.arange(1, mask.shape[1] + 1, device=mask.device)


def _pick(tokens: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    return tokens[torch.arange(len(tokens), device=tokens.device), index]


_MODES: Mapping[str, Callable[[torch.Tensor, torch.Tensor, Given, torch.Tensor], torch.Tensor]] = {
    "cls": _cls,
    "max": _max,
    "mean": _mean,
    "mean_sqrt_len_tokens": _mean_sqrt,
    "weightedmean": _weighted_mean,
    "lasttoken": _last,
}


def obstacle(source: Source) -> str:
    """Every mode must be known."""
    unknown = [mode for mode in source.module.config["modes"] if mode not in _MODES]
    return f"backend 'torch' has no pooling mode {unknown[0]!r}" if unknown else ""


KIND = Kind(("pooling",), lambda source: Pooling(source.module), obstacle)
