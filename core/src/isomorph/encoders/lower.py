"""Any `Encoder` in primitives. What few encoders have is imported where it is lowered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from isomorph.encoders.attention import Attending
from isomorph.encoders.description import Attention, Block, Encoder, FeedForward, Linear, Norm
from isomorph.encoders.embedded import embedded
from isomorph.encoders.joining import before, feed_forward, join
from isomorph.encoders.names import EncoderWeights
from isomorph.encoders.seeing.seen import AXES, PLACES, Seen
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights

if TYPE_CHECKING:
    from isomorph.encoders.rare import Convolution, Experts


def lower_encoder(
    encoder: Encoder, weights: Weights, values: Mapping[str, Ref], seen: Seen | None = None
) -> list[Ref]:
    """Hidden states (B, T, H): the embeddings, then the result of every block, the last one final.

    `seen` are the vectors of images, which stand in the place of tokens where `values` say so.
    """
    named = EncoderWeights.of(weights, encoder.embeddings)
    mask = values["attention_mask"]
    states = [embedded(encoder.embeddings, named, values, seen)]
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
        from isomorph.encoders.latents import looked_up

        found = states[-1] + looked_up(encoder.latents, named, states[-1])
        read = named.norm(encoder.latents.feed_forward_norm, found)
        states[-1] = found + _feed(encoder.latents.feed_forward, named, read)
    if encoder.decoder is not None:
        from isomorph.encoders.decoder import decoded

        return decoded(encoder.decoder, named, values, states[-1])
    return states


def lower_block(block: Block, weights: EncoderWeights, attending: Attending, x: Ref) -> Ref:
    """One block on x (B, T, H)."""
    narrow = block.narrow
    if narrow is None:
        return _layer(block, weights, attending, x)
    wide = None if narrow.queries is None else (_made(narrow.queries, weights, x), x)
    found = _layer(block, weights, attending, _made(narrow.inward, weights, x), wide)
    outward, norm = narrow.outward
    return weights.norm(norm, x + weights.linear(outward, found))


def _made(spec: tuple[Linear, Norm], weights: EncoderWeights, x: Ref) -> Ref:
    return weights.norm(spec[1], weights.linear(spec[0], x))


def _layer(
    block: Block,
    weights: EncoderWeights,
    attending: Attending,
    x: Ref,
    wide: tuple[Ref, Ref] | None = None,
) -> Ref:
    """A block on x; of `wide` attention takes queries and keys, and values."""
    norms, after = block.attention_norms, block.feed_forward_norms
    read = before(norms, weights, x)
    y = join(norms, weights, x, _attended(block, weights, attending, read, wide))
    if not block.parallel:
        read = before(after, weights, y)
    elif after.before != norms.before:
        read = before(after, weights, x)
    y = join(after, weights, y, _feed(block.feed_forward, weights, read))
    for fed, around in block.more:
        y = join(around, weights, y, _feed(fed, weights, before(around, weights, y)))
    return y


def _attended(
    block: Block,
    weights: EncoderWeights,
    attending: Attending,
    x: Ref,
    wide: tuple[Ref, Ref] | None,
) -> Ref:
    """What attention makes of x (B, T, H), or what stands in its place."""
    mixer = block.attention
    if not isinstance(mixer, Attention):
        from isomorph.encoders.mixers import mixed

        return mixed(mixer, weights, attending, x)
    if wide is not None:
        return attending(mixer, wide[0], values=wide[1])
    return attending(mixer, x)


def _convolved(spec: Convolution, weights: EncoderWeights, mask: Ref, x: Ref, y: Ref) -> Ref:
    """Padding is zero in x, and becomes zero in what is made of it."""
    real = ops.unsqueeze(ops.cast(mask, "float32"), 2)
    weight = weights(spec.name + ".weight", (spec.features, spec.features, spec.kernel))
    bias, half = weights(spec.name + ".bias", (spec.features,)), spec.kernel // 2
    near = ops.conv1d(x, weight, bias, padding=(half, half))
    return weights.norm(spec.norm, y + ops.activation(near * real, spec.activation)) * real


def _feed(spec: FeedForward | Experts, weights: EncoderWeights, x: Ref) -> Ref:
    if isinstance(spec, FeedForward):
        return feed_forward(spec, weights, x)
    from isomorph.encoders.experts import asked

    return asked(spec, weights, x, lambda shared, y: _feed(shared, weights, y))
