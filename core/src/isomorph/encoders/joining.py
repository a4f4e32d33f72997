"""What stands between the parts of a block: norms, sums and feed-forwards, in primitives."""

from __future__ import annotations

from isomorph.encoders.description import FeedForward, Norms
from isomorph.encoders.names import EncoderWeights
from isomorph.primitives.builder import Ref


def before(norms: Norms, weights: EncoderWeights, x: Ref) -> Ref:
    """What a layer reads of x."""
    return x if norms.before is None else weights.norm(norms.before, x)


def join(norms: Norms, weights: EncoderWeights, x: Ref, y: Ref) -> Ref:
    """x with what a layer made of it, y."""
    if norms.inner is not None:
        y = weights.norm(norms.inner, y)
    if norms.factor != 1.0:
        y = y * norms.factor
    if norms.scale is not None:
        y = y * weights(norms.scale.name, (norms.scale.size,))
    if norms.joined is not None:
        y = weights.norm(norms.joined, x + y)
    return x + y if norms.after is None else weights.norm(norms.after, x + y)


def feed_forward(spec: FeedForward, weights: EncoderWeights, x: Ref) -> Ref:
    """What a feed-forward makes of x (…, H)."""
    inner = weights.linear(spec.up, x)
    if spec.gate is None:
        inner = weights.activated(inner, spec.activation)
    else:
        inner = weights.activated(weights.linear(spec.gate, x), spec.activation) * inner
    if spec.norm is not None:
        inner = weights.norm(spec.norm, inner)
    return weights.linear(spec.down, inner)
