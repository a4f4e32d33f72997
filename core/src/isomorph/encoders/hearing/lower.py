"""Any `SoundEncoder` in primitives."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isomorph.encoders.attention import Attending
from isomorph.encoders.hearing.description import SoundEncoder, Strided, Surroundings
from isomorph.encoders.lower import lower_block
from isomorph.encoders.names import EncoderWeights
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights


def lower_sounds(encoder: SoundEncoder, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    """Vectors (B, T, hidden) of the positions that ``attention_mask`` (B, T) counts."""
    named = EncoderWeights(weights, encoder.first)
    mask = values["attention_mask"]
    x = _read(encoder, values)
    for convolution in encoder.convolutions:
        x = _convolved(convolution, named, x, values)
    if encoder.projected_norm is not None:
        x = named.norm(encoder.projected_norm, x)
    if encoder.projection is not None:
        x = named.linear(encoder.projection, x)
    if encoder.table is not None:
        assert encoder.positions is not None
        x = x + named(encoder.table, (encoder.positions, encoder.hidden))
    if encoder.surroundings is not None:
        x = x * ops.unsqueeze(ops.cast(mask, "float32"), 2)  # beyond its end a sound has zeros
        x = x + _surrounded(encoder.surroundings, named, x)
    if encoder.norm is not None:
        x = named.norm(encoder.norm, x)
    attending = Attending(named, mask, encoder.relative_bias)
    for block in encoder.blocks:
        x = lower_block(block, named, attending, x)
    return x if encoder.final_norm is None else named.norm(encoder.final_norm, x)


def _read(encoder: SoundEncoder, values: Mapping[str, Ref]) -> Ref:
    """What the first convolution reads, (B, moments, features)."""
    if encoder.reads == "mels":
        return ops.transpose(values["input_features"], (0, 2, 1))
    hops = ops.reshape(values["input_values"], (0, -1))
    return ops.unsqueeze(ops.concat([hops, values["input_rest"]], axis=1), 2)


def _convolved(spec: Strided, weights: EncoderWeights, x: Ref, values: Mapping[str, Ref]) -> Ref:
    weight = weights(spec.name + ".weight", (spec.outputs, spec.inputs, spec.kernel))
    bias = weights(spec.name + ".bias", (spec.outputs,)) if spec.bias else None
    x = ops.conv1d(x, weight, bias, stride=spec.stride, padding=spec.padding)
    if spec.norm is not None and spec.over_time:
        x = _over_time(spec, weights, x, values["samples"])
    elif spec.norm is not None:
        x = weights.norm(spec.norm, x)
    return ops.activation(x, spec.activation)


def _surrounded(spec: Surroundings, weights: EncoderWeights, x: Ref) -> Ref:
    """x (B, T, H) convolved; each place of the kernel is as long as the file says."""
    stored = [pair for pair in spec.names if weights.shape_of(pair[0]) is not None]
    length, direction = stored[0] if stored else spec.names[0]
    vectors = weights(direction, (spec.features, spec.features // spec.groups, spec.kernel))
    squares = ops.reduce(vectors * vectors, "sum", axis=0, keepdims=True)
    norms = ops.sqrt(ops.reduce(squares, "sum", axis=1, keepdims=True))
    kernel = vectors * (weights(length, (1, 1, spec.kernel)) / norms)
    bias = weights(spec.bias, (spec.features,))
    y = ops.conv1d(x, kernel, bias, padding=spec.padding, groups=spec.groups)
    return ops.activation(y, spec.activation)


def _over_time(spec: Strided, weights: EncoderWeights, x: Ref, samples: Ref) -> Ref:
    """Each feature normalised over the positions (B, T, H) that its own sound has, of so many samples."""
    assert spec.norm is not None
    constant = x.builder.constant
    step, kernel = constant(np.array([spec.stride])), constant(np.array([spec.kernel]))
    ends = ops.arange(x, axis=1) * step + kernel  # samples that each position needs
    there = ops.compare(ops.unsqueeze(samples, 1), ops.unsqueeze(ends, 0), "greater_equal")
    real = ops.unsqueeze(ops.cast(there, "float32"), 2)
    count = ops.reduce(real, "sum", axis=1, keepdims=True)
    centred = (x - ops.reduce(x * real, "sum", axis=1, keepdims=True) / count) * real
    variance = ops.reduce(centred * centred, "sum", axis=1, keepdims=True) / count
    weight, bias = (weights(f"{spec.norm.name}.{n}", (spec.norm.size,)) for n in ("weight", "bias"))
    return centred / ops.sqrt(variance + spec.norm.eps) * weight + bias
