"""Parts whose weights come as arrays by the names that files give them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from isomorph.errors import InputError
from isomorph.modules import cnn, lstm, sparse_auto_encoder, weighted_layer_pooling
from isomorph.parts.layers import array_of
from isomorph.parts.part import Described, under_old_names


class Weighed(Described):
    """A part with several weights. None is made up: nothing is trained here."""

    __slots__ = ()
    weights: Mapping[str, ArrayLike] | None

    def __post_init__(self) -> None:
        unknown = sorted(set(self.weights or ()) - set(self.shapes()))
        if unknown:
            raise InputError(f"weights {unknown} are none of {sorted(self.shapes())}.")
        self.tensors()

    @abstractmethod
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of each weight by its name in the file."""

    def tensors(self) -> Mapping[str, Any]:
        """Its weights by name, float32.

        Raises:
            InputError: one is missing or of another shape.
        """
        return {
            name: array_of(f"weights[{name!r}]", (self.weights or {}).get(name), shape)
            for name, shape in self.shapes().items()
        }


@under_old_names(in_word_embedding_dimension="in_embedding_dimension")
@dataclass(frozen=True, eq=False)
class CNN(Weighed):
    """Token vectors to the channels of kernels over neighbouring tokens.

    Attributes:
        in_embedding_dimension: the width of the token vectors.
        out_channels: how many features each kernel gives.
        kernel_sizes: over how many tokens each kernel goes.
        stride_sizes: None for 1 each.
        weights: ``convs.0.weight`` (out, in, size) and ``convs.0.bias`` (out,), and so on.
    """

    _kind = cnn.KIND
    _file = "cnn_config.json"
    in_embedding_dimension: int
    out_channels: int = 256
    kernel_sizes: Sequence[int] = (1, 3, 5)
    stride_sizes: Sequence[int] | None = None
    weights: Mapping[str, ArrayLike] | None = None

    def settings(self) -> Mapping[str, Any]:
        """What its ``cnn_config.json`` holds."""
        return {
            "in_embedding_dimension": self.in_embedding_dimension,
            "out_channels": self.out_channels,
            "kernel_sizes": list(self.kernel_sizes),
            "stride_sizes": None if self.stride_sizes is None else list(self.stride_sizes),
        }

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of each weight by its name in the file."""
        found: dict[str, tuple[int, ...]] = {}
        for index, size in enumerate(self.kernel_sizes):
            found[f"convs.{index}.weight"] = (self.out_channels, self.in_embedding_dimension, size)
            found[f"convs.{index}.bias"] = (self.out_channels,)
        return found


@under_old_names(word_embedding_dimension="embedding_dimension")
@dataclass(frozen=True, eq=False)
class LSTM(Weighed):
    """Token vectors to those of a recurrent layer or of several.

    Attributes:
        embedding_dimension: the width of the token vectors.
        hidden_dim: the features of each direction.
        num_layers: how many layers.
        dropout: kept for whoever trains it.
        bidirectional: whether it also reads from the end.
        weights: ``encoder.weight_ih_l0`` (4 hidden, in), ``encoder.weight_hh_l0`` (4 hidden, hidden), and
            ``encoder.bias_ih_l0``, ``encoder.bias_hh_l0`` (4 hidden,); likewise ``_l0_reverse``, ``_l1``, …
    """

    _kind = lstm.KIND
    _file = "lstm_config.json"
    embedding_dimension: int
    hidden_dim: int
    num_layers: int = 1
    dropout: float = 0
    bidirectional: bool = True
    weights: Mapping[str, ArrayLike] | None = None

    def settings(self) -> Mapping[str, Any]:
        """What its ``lstm_config.json`` holds."""
        return {
            "embedding_dimension": self.embedding_dimension,
            "hidden_dim": self.hidden_dim,
            "num_layers": self.num_layers,
            "dropout": self.dropout,
            "bidirectional": self.bidirectional,
        }

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of each weight by its name in the file."""
        ways = ("", "_reverse") if self.bidirectional else ("",)
        found: dict[str, tuple[int, ...]] = {}
        for layer in range(self.num_layers):
            wide = self.hidden_dim * len(ways) if layer else self.embedding_dimension
            for way in ways:
                end, gates = f"_l{layer}{way}", 4 * self.hidden_dim
                found[f"encoder.weight_ih{end}"] = (gates, wide)
                found[f"encoder.weight_hh{end}"] = (gates, self.hidden_dim)
                found[f"encoder.bias_ih{end}"] = (gates,)
                found[f"encoder.bias_hh{end}"] = (gates,)
        return found


@dataclass(frozen=True, eq=False)
class SparseAutoEncoder(Weighed):
    """A vector to the few largest of many features.

    Attributes:
        input_dim: the width of the vector.
        hidden_dim: how many features there are.
        k: how many of them stay.
        k_aux: kept for whoever trains it, as is `dead_threshold`.
        normalize: whether the vector's own mean and deviation are taken out first.
        dead_threshold: see `k_aux`.
        weights: ``decoder.linear.weight`` (hidden, input), which is the encoder's too, ``pre_bias`` (input,)
            and ``latent_bias`` (hidden,).
    """

    _kind = sparse_auto_encoder.KIND
    input_dim: int
    hidden_dim: int = 512
    k: int = 8
    k_aux: int = 512
    normalize: bool = False
    dead_threshold: int = 30
    weights: Mapping[str, ArrayLike] | None = None

    def settings(self) -> Mapping[str, Any]:
        """What its ``config.json`` holds."""
        return {
            "input_dim": self.input_dim,
            "hidden_dim": self.hidden_dim,
            "k": self.k,
            "k_aux": self.k_aux,
            "normalize": self.normalize,
            "dead_threshold": self.dead_threshold,
        }

    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """The shape of each weight by its name in the file."""
        return {
            "decoder.linear.weight": (self.hidden_dim, self.input_dim),
            "pre_bias": (self.input_dim,),
            "latent_bias": (self.hidden_dim,),
        }


@under_old_names(word_embedding_dimension="embedding_dimension")
@dataclass(frozen=True, eq=False)
class WeightedLayerPooling(Described):
    """The layers of a transformer to their weighted mean, token by token.

    Attributes:
        embedding_dimension: the width of the token vectors.
        num_hidden_layers: how many layers there are.
        layer_start: the first that counts.
        layer_weights: one weight a layer, (num_hidden_layers + 1 - layer_start,); None for ones.
    """

    _kind = weighted_layer_pooling.KIND
    embedding_dimension: int
    num_hidden_layers: int = 12
    layer_start: int = 4
    layer_weights: ArrayLike | None = None

    def __post_init__(self) -> None:
        self.tensors()

    def settings(self) -> Mapping[str, Any]:
        """What its ``config.json`` holds."""
        return {
            "embedding_dimension": self.embedding_dimension,
            "layer_start": self.layer_start,
            "num_hidden_layers": self.num_hidden_layers,
        }

    def tensors(self) -> Mapping[str, Any]:
        """Its weights by name, float32."""
        count = self.num_hidden_layers + 1 - self.layer_start
        given = np.ones(max(count, 0)) if self.layer_weights is None else self.layer_weights
        return {"layer_weights": array_of("layer_weights", given, (count,))}
