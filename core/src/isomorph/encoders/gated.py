"""Biases of distances that each position gates for itself, in primitives (WavLM, arXiv:2110.13900)."""

from __future__ import annotations

from isomorph.encoders.description import Attention, Linear
from isomorph.encoders.names import EncoderWeights
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref

_PARTS = 4
"""Numbers that are summed for each of the two gates of a position and head."""


def gated(spec: Attention, weights: EncoderWeights, x: Ref, bias: Ref) -> Ref:
    """The bias (1, heads, T, T) times a factor of each query of x (B, T, H) -> (B, heads, T, T).

    The factor is a (b c - 1) + 2, with a and b the gates of the query's share of x, and c a number of the
    head.
    """
    assert spec.gate is not None
    size = spec.query.inputs // spec.heads
    split = ops.transpose(ops.reshape(x, (0, 0, spec.heads, size)), (0, 2, 1, 3))
    first, second = (
        _gate(Linear(spec.gate.layer, size, _PARTS, rows=rows), weights, split)
        for rows in ((0, _PARTS), (_PARTS, 2 * _PARTS))
    )
    factor = weights(spec.gate.factor, (1, spec.heads, 1, 1))
    return (first * (second * factor - 1.0) + 2.0) * bias


def _gate(layer: Linear, weights: EncoderWeights, x: Ref) -> Ref:
    """(B, heads, T, size) -> (B, heads, T, 1), between 0 and 1."""
    return ops.activation(ops.reduce(weights.linear(layer, x), "sum", -1, keepdims=True), "sigmoid")
