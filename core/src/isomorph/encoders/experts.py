"""Layers of experts in primitives: a router, the few experts that it finds, and what all positions share."""

from __future__ import annotations

from collections.abc import Callable

from isomorph.encoders.description import FeedForward
from isomorph.encoders.names import EncoderWeights
from isomorph.encoders.rare import Experts
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref


def asked(
    spec: Experts, weights: EncoderWeights, x: Ref, feed: Callable[[FeedForward, Ref], Ref]
) -> Ref:
    """What the experts make of x (B, T, H); `feed` lowers the feed-forward that all positions share."""
    shares = ops.keep_largest(ops.softmax(weights.linear(spec.router, x)), spec.chosen)
    if spec.normalized:
        shares = shares / ops.reduce(shares, "sum", axis=-1, keepdims=True)
    y = ops.experts(
        x,
        shares,
        weights.matrices(spec.up, spec.count),
        weights.matrices(spec.down, spec.count),
        [] if spec.gate is None else weights.matrices(spec.gate, spec.count),
        activation=spec.activation,
        turned=spec.down.turned,
    )
    if spec.shared is not None:
        common = feed(spec.shared, x)
        if spec.shared_gate is not None:
            common = common * ops.activation(weights.linear(spec.shared_gate, x), "sigmoid")
        y = y + common
    return y if spec.bias is None else y + weights(spec.bias, (spec.down.outputs,))
