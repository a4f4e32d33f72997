"""Any `VisionEncoder` in primitives."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isomorph.encoders.attention import Attending
from isomorph.encoders.joining import feed_forward
from isomorph.encoders.lower import lower_block
from isomorph.encoders.names import EncoderWeights
from isomorph.encoders.vision.description import (
    AttentionPool,
    Leading,
    Patches,
    Selector,
    VisionEncoder,
)
from isomorph.encoders.vision.places import placed
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights

PIXELS = "pixel_values"
"""What every tower is fed: float32 (rows, channels, height, width), or (rows, width, features) of patches."""
MASK = "pixel_attention_mask"
"""int64 (rows, width): which patches are there, where images have different grids."""


def lower_vision(encoder: VisionEncoder, weights: Weights, values: Mapping[str, Ref]) -> Ref:
    """Vectors of images (B, features), or of their positions (B, T, hidden) where nothing pools them."""
    first = f"{encoder.patches.name}.weight"
    words = (first, first.removeprefix(encoder.inside)) if encoder.inside else (first,)
    named = EncoderWeights(weights, *words, inside=encoder.inside)
    x = _patches(encoder, weights, named, values[PIXELS])
    x = _with_leading(named, encoder.leading, x)
    if encoder.places is not None:
        x = x + placed(encoder, named, values)
    if encoder.before is not None:
        x = named.norm(encoder.before, x)
    mask = values.get(MASK) or _ones(x)
    attending = Attending(named, mask, None)
    for block in encoder.blocks:
        x = lower_block(block, named, attending, x)
    if encoder.final_norm is not None:
        x = named.norm(encoder.final_norm, x)
    if encoder.first:
        x = _first(x, mask)
        if encoder.first_norm is not None:
            x = named.norm(encoder.first_norm, x)
    if encoder.pool is not None:
        x = _pooled(encoder.pool, weights, named, x, mask)
    if encoder.selector is not None:
        x = x + _selected(encoder.selector, named, x)
    return x if encoder.projection is None else named.linear(encoder.projection, x)


def _patches(encoder: VisionEncoder, weights: Weights, named: EncoderWeights, pixels: Ref) -> Ref:
    """(B, patches, width). The kernel of a convolution has the same bytes as the matrix of its patches."""
    spec = encoder.patches
    name = named.stored(f"{spec.name}.weight")
    if spec.packed:
        x, weight = pixels, weights(name, (spec.width, spec.features))
    else:
        x = _cut(spec, encoder.grid, pixels)
        kernel = (spec.width, spec.channels, spec.side, spec.side)
        matrix = (spec.width, spec.features)
        weight = weights(name, matrix) if spec.flat else weights.reshaped(name, kernel, matrix)
    return ops.linear(x, weight, named(f"{spec.name}.bias", (spec.width,)) if spec.bias else None)


def _cut(spec: Patches, grid: tuple[int, ...], pixels: Ref) -> Ref:
    """Pixels (B, C, H, W) as rows of their patches (B, patches, C side side)."""
    rows, columns = grid
    if spec.rest:
        pixels = _first_pixels(pixels, rows * spec.side, columns * spec.side)
    x = ops.reshape(pixels, (-1, spec.channels, rows, spec.side, columns, spec.side))
    x = ops.transpose(x, (0, 2, 4, 1, 3, 5))
    return ops.reshape(x, (-1, rows * columns, spec.features))


def _first_pixels(pixels: Ref, height: int, width: int) -> Ref:
    """The first rows and columns of images (B, C, H, W), which patches fill."""
    x = ops.transpose(pixels, (2, 3, 0, 1))
    for count in (height, width):
        kept = ops.embedding(x, x.builder.constant(np.arange(count)))
        x = ops.transpose(kept, (1, 0, 2, 3))
    return ops.transpose(x, (2, 3, 0, 1))


def _with_leading(named: EncoderWeights, leading: tuple[Leading, ...], x: Ref) -> Ref:
    """With learned vectors in front of each row, which numpy's broadcasting repeats."""
    if not leading:
        return x
    nothing = ops.reduce(x * 0.0, "sum", axis=1, keepdims=True)
    parts = [
        ops.reshape(named(each.name, each.shape), (1, each.count, -1)) + nothing for each in leading
    ]
    return ops.concat([*parts, x], axis=1)


def _ones(x: Ref) -> Ref:
    """A mask (B, T) that hides nothing of x (B, T, H)."""
    zeros = ops.cast(ops.reduce(x * 0.0, "sum", axis=2), "int64")
    return zeros + x.builder.constant(np.array([1]))


def _first(x: Ref, mask: Ref) -> Ref:
    """The vectors of the first position (B, H)."""
    return ops.take(x, ops.argmax(mask, axis=1))


def _selected(spec: Selector, named: EncoderWeights, x: Ref) -> Ref:
    """What the learned query makes of x (B, T, H): (B, 1, H)."""
    size = spec.query.outputs // spec.heads
    latent = named(spec.latent, (1, 1, spec.query.inputs))

    def heads(y: Ref, order: tuple[int, ...]) -> Ref:
        return ops.transpose(ops.reshape(y, (0, -1, spec.heads, size)), order)

    query = heads(named.linear(spec.query, latent), (0, 2, 1, 3)) * size**-0.5
    keys = heads(named.linear(spec.key, x), (0, 2, 3, 1))
    values = heads(named.linear(spec.value, x), (0, 2, 1, 3))
    shares = ops.softmax(ops.matmul(query, keys))
    seen = ops.transpose(ops.matmul(shares, values), (0, 2, 1, 3))
    seen = named.linear(spec.output, ops.reshape(seen, (0, -1, spec.heads * size)))
    return feed_forward(spec.feed_forward, named, named.norm(spec.norm, seen))


def _pooled(spec: AttentionPool, weights: Weights, named: EncoderWeights, x: Ref, mask: Ref) -> Ref:
    """What the learned query sees (B, H). Attention has as many queries as keys: here equal ones."""
    size = spec.output.inputs
    query = x * 0.0 + ops.reshape(named(spec.probe, (1, 1, size)), (1, 1, size))
    matrix, bias = (named.stored(f"{spec.name}.in_proj_{part}") for part in ("weight", "bias"))
    weights.check(matrix, (3 * size, size))
    q, k, v = (
        ops.linear(
            of,
            weights.rows(matrix, (part * size, (part + 1) * size), (size,)),
            weights.rows(bias, (part * size, (part + 1) * size), ()),
        )
        for part, of in enumerate((query, x, x))
    )
    scale = (size // spec.heads) ** -0.5
    seen = ops.attention(q, k, v, mask, None, heads=spec.heads, scale=scale)
    seen = _first(named.linear(spec.output, seen), mask)
    feed = spec.feed_forward
    up = named.activated(named.linear(feed.up, named.norm(spec.norm, seen)), feed.activation)
    return seen + named.linear(feed.down, up)
