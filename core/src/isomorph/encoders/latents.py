"""Attention of states to vectors that were learned, the same for all texts, in primitives."""

from __future__ import annotations

from isomorph.encoders.names import EncoderWeights
from isomorph.encoders.rare import Latents
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref


def looked_up(spec: Latents, weights: EncoderWeights, x: Ref) -> Ref:
    """What each state of x (B, T, H) takes from the learned vectors -> (B, T, H)."""
    table = weights.norm(spec.norm_table, weights(spec.table, (spec.count, spec.key.inputs)))
    size = spec.query.outputs // spec.heads
    query = ops.reshape(
        weights.linear(spec.query, weights.norm(spec.norm, x)), (0, 0, spec.heads, size)
    )
    key, value = (
        ops.reshape(weights.linear(part, table), (spec.count, spec.heads, size))
        for part in (spec.key, spec.value)
    )
    scores = ops.matmul(ops.transpose(query, (0, 2, 1, 3)), ops.transpose(key, (1, 2, 0)))
    shares = ops.softmax(scores * size**-0.5)  # (B, heads, T, count)
    mixed = ops.transpose(ops.matmul(shares, ops.transpose(value, (1, 0, 2))), (0, 2, 1, 3))
    return weights.linear(spec.output, ops.reshape(mixed, (0, 0, -1)))
