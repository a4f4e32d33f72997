"""Attention of a text's first position, which sees all others by layers of its own, in primitives.

Beltagy et al. 2020, arXiv:2004.05150, section 3.1.
"""

from __future__ import annotations

import numpy as np

from isomorph.encoders.names import EncoderWeights
from isomorph.encoders.rare import First
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref

HIDDEN = -1e30
"""A score that leaves nothing of a position; unlike -inf it gives numbers where no other is seen."""


def overseen(
    spec: First, weights: EncoderWeights, mask: Ref, x: Ref, y: Ref, *, heads: int, scale: float
) -> Ref:
    """What attention made of x (B, T, H), y (B, T, H), with that of the first position in its place."""
    make = mask.builder.constant
    none = make(np.array([0]))
    first = ops.unsqueeze(ops.take(x, ops.argmax(mask * none, axis=1)), 1)
    query, key, value = (
        ops.reshape(weights.linear(layer, read), (0, 0, heads, -1))
        for layer, read in ((spec.query, first), (spec.key, x), (spec.value, x))
    )
    scores = ops.matmul(ops.transpose(query, (0, 2, 1, 3)), ops.transpose(key, (0, 2, 3, 1)))
    unreal = ops.where(ops.compare(mask, none, "equal"), make(HIDDEN), make(0.0))
    shares = ops.softmax(scores * scale + ops.unsqueeze(ops.unsqueeze(unreal, 1), 1))
    mixed = ops.matmul(shares, ops.transpose(value, (0, 2, 1, 3)))  # (B, heads, 1, size)
    overall = ops.reshape(ops.transpose(mixed, (0, 2, 1, 3)), (0, 0, -1))
    columns = ops.unsqueeze(ops.unsqueeze(ops.arange(mask, axis=1), 0), 2)
    return ops.where(ops.compare(columns, none, "equal"), overall, y)
