"""Towers that read, beside those that see: an encoder of texts, one of its positions, a projection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from isomorph.encoders.consistency import check_blocks
from isomorph.encoders.description import Encoder, Linear
from isomorph.encoders.lower import lower_encoder
from isomorph.encoders.names import EncoderWeights
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTower:
    """A vector of a text is that of one position, or with `mean` the mean of all; then it may be projected.

    With `end` that is the first one whose id is `end`; with `greatest` the first one of the greatest id,
    which older files of CLIP mean by the end; with `first` the first column; else the last one that is no
    padding.
    """

    encoder: Encoder
    projection: Linear | None
    end: int | None = None
    greatest: bool = False
    first: bool = False
    mean: bool = False


def lower_text(tower: TextTower, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    """Vectors of texts (B, features).

    Raises:
        BadModel: heads do not divide.
    """
    check_blocks(tower.encoder)
    states = lower_encoder(tower.encoder, weights, values)[-1]
    pooled = _pooled(tower, states, values["input_ids"], values["attention_mask"])
    if tower.projection is None:
        return pooled
    named = EncoderWeights(weights, tower.encoder.embeddings.word)
    return named.linear(tower.projection, pooled)


def _pooled(tower: TextTower, states: Ref, ids: Ref, mask: Ref) -> Ref:
    """The vectors (B, H) of texts of the vectors of their positions (B, T, H)."""
    if tower.mean:
        there = ops.unsqueeze(ops.cast(mask, "float32"), 2)
        count = ops.maximum(ops.reduce(there, "sum", axis=1), 1.0)  # a row without a token is zero
        return ops.reduce(states * there, "sum", axis=1) / count
    if tower.first:
        at = ops.argmax(mask - mask, axis=1)
    elif tower.greatest:
        at = ops.argmax(ids, axis=1)
    elif tower.end is not None:
        end = ids.builder.constant(np.array([tower.end]))
        at = ops.argmax(ops.cast(ops.compare(ids, end, "equal"), "int64"), axis=1)
    else:
        at = ops.argmax(ops.cumsum(mask, axis=1), axis=1)
    return ops.take(states, at)
