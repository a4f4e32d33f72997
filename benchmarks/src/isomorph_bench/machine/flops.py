"""The floating-point operations that texts need: real tokens only, so that padding is no merit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from isomorph.encoders import Encoder, describe
from isomorph.encoders.description import Attention
from isomorph.encoders.rare import Experts
from isomorph.errors import Unsupported


def linear_parameters(encoder: Encoder) -> int:
    """Weights of all matrix products that every token goes through."""
    total = 0
    for block in encoder.blocks:
        attention, feed = block.attending, block.feed_forward
        if isinstance(feed, Experts):
            raise Unsupported("which experts a token takes is not known before it runs")
        parts = (attention.query, attention.key, attention.value, attention.output)
        gate = (feed.gate,) if feed.gate else ()
        total += sum(p.inputs * p.outputs for p in (*parts, feed.up, feed.down, *gate))
    projection = encoder.embeddings.projection
    return total + (projection.inputs * projection.outputs if projection else 0)


def text_flops(encoder: Encoder, tokens: int) -> int:
    """Operations for one text: 2 a weight and token, and in attention 4 H a pair of tokens.

    Attention multiplies queries by keys and weights by values: 2 H each for a token that sees another.
    Products of positions alone, which some families add, are not counted.
    """
    linear = 2 * tokens * linear_parameters(encoder)
    attention = sum(
        4 * visible_pairs(block.attending, tokens) * block.attending.query.outputs
        for block in encoder.blocks
    )
    return linear + attention


def visible_pairs(attention: Attention, tokens: int) -> int:
    """Pairs of tokens of which the first sees the second; all of them, `tokens` squared, as a rule."""
    reach = tokens - 1 if attention.window is None else min(attention.window, tokens - 1)
    behind = (reach + 1) * tokens - reach * (reach + 1) // 2  # itself and those before it
    return behind if attention.causal else 2 * behind - tokens


def weight_bytes(config: Mapping[str, Any]) -> int:
    """What every forward reads of an encoder's products, in float32, however few tokens it has.

    Raises:
        Unsupported: no family describes this encoder.
    """
    return 4 * linear_parameters(describe(config))


def useful_flops(config: Mapping[str, Any], lengths: Iterable[int]) -> int:
    """Operations for texts of these lengths in tokens, by the encoder of a ``config.json``.

    Raises:
        Unsupported: no family describes this encoder.
    """
    encoder = describe(config)
    return sum(text_flops(encoder, tokens) for tokens in lengths)
