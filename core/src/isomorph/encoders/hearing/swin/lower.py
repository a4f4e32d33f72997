"""A Swin transformer over spectra in primitives."""

from __future__ import annotations

import numpy as np

from isomorph.encoders.description import Linear, Norm
from isomorph.encoders.hearing.swin.description import EPS, HOME, Stage, Swin
from isomorph.encoders.hearing.swin.patches import places
from isomorph.encoders.hearing.swin.windows import distances, shifted, unseen
from isomorph.encoders.names import EncoderWeights
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights


def lower_swin(swin: Swin, weights: Weights, spectra: Ref) -> Ref:
    """Vectors (B, features) of spectra (B, channels, frames, mels), of length 1."""
    named = EncoderWeights(weights, HOME + "patch_embed.proj.weight")
    x = places(swin, named, spectra)
    for stage in swin.stages:
        for number in range(stage.depth):
            x = _block(swin, stage, number, named, x)
        if stage is not swin.stages[-1]:
            x = _merged(stage, named, x)
    x = named.norm(swin.last, x)
    mean = ops.reduce(x, "sum", axis=1) / float(swin.stages[-1].side ** 2)
    return projected(swin.projection, swin.projected, named, mean)


def projected(
    layers: tuple[Linear, Linear], activation: str, weights: EncoderWeights, x: Ref
) -> Ref:
    """Two layers, then a length of 1."""
    first, second = layers
    x = ops.activation(weights.linear(first, x), activation)
    return ops.l2_normalize(weights.linear(second, x))


def _block(swin: Swin, stage: Stage, number: int, weights: EncoderWeights, x: Ref) -> Ref:
    name, width = f"{stage.name}blocks.{number}.", stage.width
    shift = 0 if number % 2 == 0 or stage.side <= swin.window else swin.window // 2
    y = weights.norm(Norm(f"{name}layernorm_before", width, swin.eps), x)
    x = x + _attended(swin, stage, name, shift, weights, y)
    y = weights.norm(Norm(f"{name}layernorm_after", width, swin.eps), x)
    inner = int(swin.inner * width)
    y = weights.linear(Linear(f"{name}intermediate.dense", width, inner), y)
    y = ops.activation(y, swin.activation)
    return x + weights.linear(Linear(f"{name}output.dense", inner, width), y)


def _attended(
    swin: Swin, stage: Stage, name: str, shift: int, weights: EncoderWeights, x: Ref
) -> Ref:
    """Attention within each window of the grid (B, side^2, width), shifted or not."""
    size, count = swin.window**2, (stage.side // swin.window) ** 2
    order = shifted(stage.side, swin.window, shift)
    rows = ops.reshape(_moved(x, order), (-1, size, stage.width))
    query, key, value = (
        weights.linear(
            Linear(f"{name}attention.self.{part}", stage.width, stage.width, swin.biased), rows
        )
        for part in ("query", "key", "value")
    )
    nothing = ops.arange(x, axis=0) * x.builder.constant(np.array([0]))  # a zero for each input
    ones = ops.unsqueeze(nothing, 1) + x.builder.constant(np.ones((1, count * size), np.int64))
    found = ops.attention(
        query,
        key,
        value,
        ops.reshape(ones, (-1, size)),
        _bias(swin, stage, name, shift, weights, nothing),
        heads=stage.heads,
        scale=(stage.width // stage.heads) ** -0.5,
    )
    found = weights.linear(Linear(f"{name}attention.output.dense", stage.width, stage.width), found)
    whole = ops.reshape(found, (-1, stage.side**2, stage.width))
    return _moved(whole, np.argsort(order))


def _moved(x: Ref, order: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> Ref:
    """x (B, T, H) with its positions in another order."""
    first = ops.transpose(x, (1, 0, 2))
    return ops.transpose(ops.embedding(first, x.builder.constant(order)), (1, 0, 2))


def _bias(
    swin: Swin, stage: Stage, name: str, shift: int, weights: EncoderWeights, nothing: Ref
) -> Ref:
    """What distances add to scores, (1, heads, size, size); shifted, one for each window of each input."""
    size, builder = swin.window**2, nothing.builder
    rows = (2 * swin.window - 1) ** 2
    table = weights(f"{name}attention.self.relative_position_bias_table", (rows, stage.heads))
    bias = ops.transpose(ops.embedding(table, builder.constant(distances(swin.window))), (2, 0, 1))
    bias = ops.unsqueeze(bias, 0)
    if not shift:
        return bias
    far = builder.constant(unseen(stage.side, swin.window, shift)[None, :, None])
    zeros = ops.cast(nothing, "float32")
    for _ in range(4):
        zeros = ops.unsqueeze(zeros, -1)
    every = ops.unsqueeze(bias, 0) + far + zeros
    return ops.reshape(every, (-1, stage.heads, size, size))


def _merged(stage: Stage, weights: EncoderWeights, x: Ref) -> Ref:
    """Four places become one of twice the features."""
    half, name, wide = stage.side // 2, f"{stage.name}downsample.", 4 * stage.width
    split = ops.reshape(x, (0, half, 2, half, 2, stage.width))
    four = ops.reshape(ops.transpose(split, (0, 1, 3, 4, 2, 5)), (0, half * half, wide))
    four = weights.norm(Norm(name + "norm", wide, EPS), four)
    return weights.linear(Linear(name + "reduction", wide, 2 * stage.width, bias=False), four)
