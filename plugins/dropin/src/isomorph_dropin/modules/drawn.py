"""Weights that no array and no file brings: torch's generator draws them, as in the real library."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn


def of_layer(said: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments of a Dense with all weights.

    The layers are always made, so that a seed gives the numbers that it gives with the real library.

    Args:
        said: its arguments, with defaults.
    """
    wide, narrow = said["in_features"], said["out_features"]
    layer = nn.Linear(wide, narrow, bias=said["bias"])
    drawn: dict[str, Tensor] = {"init_weight": layer.weight}
    if said["bias"]:
        drawn["init_bias"] = layer.bias
    if said["use_residual"] and wide != narrow:
        drawn["init_residual"] = nn.Linear(wide, narrow, bias=False).weight
    missing = {name: value.detach() for name, value in drawn.items() if said[name] is None}
    if missing:
        tell("Dense", tuple(missing))
    return {**said, **missing}


def of_table(tokens: int, width: int) -> Tensor:
    """The vectors of a StaticEmbedding, (tokens, width)."""
    tell("StaticEmbedding", ("embedding_weights",))
    return nn.EmbeddingBag(tokens, width).weight.detach()


def tell(name: str, drawn: tuple[str, ...]) -> None:
    """Warns that a module has random weights."""
    warnings.warn(
        f"{name} has random weights: {' and '.join(drawn)} are missing, and torch's generator draws them, as "
        "with the real library. Nothing trains them here.",
        stacklevel=4,
    )
