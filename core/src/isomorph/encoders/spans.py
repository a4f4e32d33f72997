"""Attention with a kernel that each position makes for its surroundings, in primitives.

Jiang et al. 2020, arXiv:2008.02496.
"""

from __future__ import annotations

import numpy as np

from isomorph.encoders.attention import Attending
from isomorph.encoders.names import EncoderWeights
from isomorph.encoders.rare import Spans
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref


def spanned(spec: Spans, weights: EncoderWeights, attending: Attending, x: Ref) -> Ref:
    """What both make of x (B, T, H), through the output projection -> (B, T, H)."""
    attention, real = spec.attention, ops.unsqueeze(ops.cast(attending.mask, "float32"), 2)
    features, heads = attention.query.outputs, attention.heads
    keys = _keys(spec, weights, x * real)
    made = weights.linear(spec.kernels, keys * weights.linear(attention.query, x))
    kernels = ops.softmax(ops.reshape(made, (0, 0, heads, spec.kernel)))
    near = _near(weights.linear(spec.values, x) * real, features, spec.kernel)
    split = ops.reshape(near, (0, 0, heads, features // heads, spec.kernel))
    weighed = ops.matmul(split, ops.unsqueeze(kernels, 4))
    beside = ops.reshape(weighed, (0, 0, features))
    both = ops.concat([attending.attended(attention, x), beside], axis=2)
    return weights.linear(attention.output, both)


def _keys(spec: Spans, weights: EncoderWeights, x: Ref) -> Ref:
    """A kernel for each feature of x (B, T, H), then a product over the features -> (B, T, features)."""
    hidden, features = spec.attention.query.inputs, spec.attention.query.outputs
    apart = weights(spec.keys + ".depthwise.weight", (hidden, 1, spec.kernel))
    half = spec.kernel // 2
    moved = ops.conv1d(x, apart, padding=(half, half), groups=hidden)
    stored = (features, hidden, 1)
    product = weights.reshaped(spec.keys + ".pointwise.weight", stored, stored[:2])
    bias = weights.reshaped(spec.keys + ".bias", (features, 1), (features,))
    return ops.linear(moved, product, bias)


def _near(x: Ref, features: int, kernel: int) -> Ref:
    """For each feature of x (B, T, features) its values around a position, the first ones before it.

    The result is (B, T, features * kernel): a convolution whose kernels are 1 at one place each.
    """
    places = np.tile(np.eye(kernel, dtype=np.float32), (features, 1))[:, None, :]
    half = kernel // 2
    return ops.conv1d(x, x.builder.constant(places), padding=(half, half), groups=features)
