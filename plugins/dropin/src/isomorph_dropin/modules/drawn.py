"""Weights that no array and no file brings: torch's generator draws them, as in the real library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from isomorph.messages.outside import warn_outside


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


class Drawn:
    """A part with weights by name: torch draws them where none are given."""

    weights: Any

    def __post_init__(self) -> None:
        """Draws the weights, and checks what there is."""
        if self.weights is None:
            drawn = {name: value.detach() for name, value in self._draw()}
            object.__setattr__(self, "weights", drawn)
            tell(type(self).__name__, ("weights",))
        super().__post_init__()  # type: ignore[misc]  # of the part that stands behind

    def _draw(self) -> Iterable[tuple[str, Tensor]]:
        """The weights of a new layer of torch, by the names that files give them."""
        raise NotImplementedError


def of_convolutions(part: Any) -> Iterable[tuple[str, Tensor]]:
    """The weights of a CNN."""
    made = [
        nn.Conv1d(part.in_embedding_dimension, part.out_channels, size)
        for size in part.kernel_sizes
    ]
    return nn.ModuleDict({"convs": nn.ModuleList(made)}).named_parameters()


def of_recurrence(part: Any) -> Iterable[tuple[str, Tensor]]:
    """The weights of an LSTM."""
    layers = nn.LSTM(
        part.embedding_dimension,
        part.hidden_dim,
        num_layers=part.num_layers,
        bidirectional=part.bidirectional,
    )
    return nn.ModuleDict({"encoder": layers}).named_parameters()


def of_auto_encoder(part: Any) -> Iterable[tuple[str, Tensor]]:
    """The weights of a SparseAutoEncoder, whose biases begin at 0."""
    yield "decoder.linear.weight", nn.Linear(part.input_dim, part.hidden_dim, bias=False).weight
    yield "pre_bias", torch.zeros(part.input_dim)
    yield "latent_bias", torch.zeros(part.hidden_dim)


def tell(name: str, drawn: tuple[str, ...]) -> None:
    """Warns that a module has random weights."""
    warn_outside(
        f"{name} has random weights: {' and '.join(drawn)} are missing, and torch's generator draws them, as "
        "with the real library. Nothing trains them here."
    )
