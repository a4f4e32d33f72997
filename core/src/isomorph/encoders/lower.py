"""Any `Encoder` in primitives."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isomorph.encoders.attention import Attending
from isomorph.encoders.description import (
    Block,
    Convolution,
    Embeddings,
    Encoder,
    Experts,
    FeedForward,
    Norms,
    ShortConvolution,
)
from isomorph.encoders.experts import asked
from isomorph.encoders.latents import looked_up
from isomorph.encoders.names import EncoderWeights
from isomorph.encoders.seeing.seen import AXES, PLACES, Seen, merged
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights


def lower_encoder(
    encoder: Encoder, weights: Weights, values: Mapping[str, Ref], seen: Seen | None = None
) -> list[Ref]:
    """Hidden states (B, T, H): the embeddings, then the result of every block, the last one final.

    `seen` are the vectors of images, which stand in the place of tokens where `values` say so.
    """
    named = EncoderWeights(weights, encoder.embeddings.word, *encoder.embeddings.also)
    mask = values["attention_mask"]
    states = [_embeddings(encoder.embeddings, named, values, seen)]
    attending = Attending(named, mask, encoder.relative_bias, values.get(AXES))
    for index, block in enumerate(encoder.blocks):
        states.append(lower_block(block, named, attending, states[-1]))
        if seen is not None and index < len(seen.deep):
            states[-1] = states[-1] + seen.taken(seen.deep[index], values[PLACES])
        if index == 0 and encoder.convolution is not None:
            states[-1] = _convolved(encoder.convolution, named, mask, states[0], states[-1])
    if encoder.final_norm is not None:
        states[-1] = named.norm(encoder.final_norm, states[-1])
    if encoder.latents is not None:
        found = states[-1] + looked_up(encoder.latents, named, states[-1])
        read = named.norm(encoder.latents.feed_forward_norm, found)
        states[-1] = found + _feed(encoder.latents.feed_forward, named, read)
    return states


def _embeddings(
    spec: Embeddings, weights: EncoderWeights, values: Mapping[str, Ref], seen: Seen | None
) -> Ref:
    ids = values["input_ids"]
    x = ops.embedding(weights(weights.word, (spec.vocabulary, spec.width)), ids)
    if spec.scale != 1.0:
        x = x * spec.scale
    if seen is not None:
        x = merged(seen, values[PLACES], x)
    if spec.types is not None:
        table = weights(spec.types, (spec.type_count, spec.width))
        types = values.get("token_type_ids") if spec.type_count > 1 else None
        x = x + ops.embedding(table, types or ids.builder.constant(np.array([0])))
    if spec.positions is not None:
        table = weights(spec.positions.table, (spec.positions.count, spec.width))
        x = x + ops.embedding(table, _positions(spec, ids, values["attention_mask"]))
    if spec.tasks is not None:
        name, rows = spec.tasks
        first = ids.builder.constant(np.array([0]))
        x = x + ops.embedding(weights(name, (rows, spec.width)), first)
    if spec.norm is not None:
        x = weights.norm(spec.norm, x)
    if spec.projection is not None:
        x = weights.linear(spec.projection, x)
    if spec.projected_norm is not None:
        x = weights.norm(spec.projected_norm, x)
    if spec.masked:
        x = x * ops.unsqueeze(ops.cast(values["attention_mask"], "float32"), 2)
    return x


def _positions(spec: Embeddings, ids: Ref, mask: Ref) -> Ref:
    """Rows of the position table: (T,) when columns count, (B, T) when real tokens count."""
    positions = spec.positions
    assert positions is not None
    if positions.after_padding:
        padding = ids.builder.constant(np.array([positions.padding_id]))
        is_padding = ops.cast(ops.compare(ids, padding, "equal"), "int64")
        real = ids.builder.constant(np.array([1])) - is_padding
        return ops.cumsum(real, axis=1) * real + padding
    if positions.masked:
        before = ids.builder.constant(np.array([positions.start - 1]))
        return ops.cumsum(mask, axis=1) * mask + before
    columns = ops.arange(ids, axis=1)
    if positions.start:
        columns = columns + ids.builder.constant(np.array([positions.start]))
    return columns


def lower_block(block: Block, weights: EncoderWeights, attending: Attending, x: Ref) -> Ref:
    """One block on x (B, T, H)."""
    norms = block.attention_norms
    read = _before(norms, weights, x)
    if isinstance(block.attention, ShortConvolution):
        attended = _looked_back(block.attention, weights, attending.mask, read)
    else:
        attended = attending(block.attention, read)
    y = _join(norms, weights, x, attended)
    after = block.feed_forward_norms
    if not block.parallel:
        read = _before(after, weights, y)
    elif after.before != norms.before:
        read = _before(after, weights, x)
    return _join(after, weights, y, _feed(block.feed_forward, weights, read))


def _looked_back(spec: ShortConvolution, weights: EncoderWeights, mask: Ref, x: Ref) -> Ref:
    x = x * ops.unsqueeze(ops.cast(mask, "float32"), 2)
    first, gate, last = (weights.linear(part, x) for part in spec.inward)
    kernel = weights(spec.name + ".weight", (spec.features, 1, spec.kernel))
    bias = weights(spec.name + ".bias", (spec.features,)) if spec.bias else None
    return weights.linear(
        spec.outward,
        gate
        * ops.conv1d(
            first * last, kernel, bias, padding=(spec.kernel - 1, 0), groups=spec.features
        ),
    )


def _convolved(spec: Convolution, weights: EncoderWeights, mask: Ref, x: Ref, y: Ref) -> Ref:
    """Padding is zero in x, and becomes zero in what is made of it."""
    real = ops.unsqueeze(ops.cast(mask, "float32"), 2)
    weight = weights(spec.name + ".weight", (spec.features, spec.features, spec.kernel))
    bias, half = weights(spec.name + ".bias", (spec.features,)), spec.kernel // 2
    near = ops.conv1d(x, weight, bias, padding=(half, half))
    return weights.norm(spec.norm, y + ops.activation(near * real, spec.activation)) * real


def _before(norms: Norms, weights: EncoderWeights, x: Ref) -> Ref:
    return x if norms.before is None else weights.norm(norms.before, x)


def _join(norms: Norms, weights: EncoderWeights, x: Ref, y: Ref) -> Ref:
    if norms.inner is not None:
        y = weights.norm(norms.inner, y)
    if norms.factor != 1.0:
        y = y * norms.factor
    if norms.scale is not None:
        y = y * weights(norms.scale.name, (norms.scale.size,))
    if norms.joined is not None:
        y = weights.norm(norms.joined, x + y)
    return x + y if norms.after is None else weights.norm(norms.after, x + y)


def _feed(spec: FeedForward | Experts, weights: EncoderWeights, x: Ref) -> Ref:
    if isinstance(spec, Experts):
        return asked(spec, weights, x, lambda shared, y: _feed(shared, weights, y))
    return feed_forward(spec, weights, x)


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
