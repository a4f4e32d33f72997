"""The floating-point operations that texts need: real tokens only, so that padding is no merit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from isomorph.encoders import Encoder, describe


def linear_parameters(encoder: Encoder) -> int:
    """Weights of all matrix products that every token goes through."""
    total = 0
    for block in encoder.blocks:
        attention, feed = block.attention, block.feed_forward
        parts = (attention.query, attention.key, attention.value, attention.output)
        total += sum(part.inputs * part.outputs for part in (*parts, feed.up, feed.down))
    projection = encoder.embeddings.projection
    return total + (projection.inputs * projection.outputs if projection else 0)


def text_flops(encoder: Encoder, tokens: int) -> int:
    """Operations for one text: 2 a weight and token, and 4 T H a token and layer in attention.

    Attention multiplies queries by keys and weights by values: 2 T H each for every token.
    """
    linear = 2 * linear_parameters(encoder)
    attention = sum(4 * tokens * block.attention.query.outputs for block in encoder.blocks)
    return tokens * (linear + attention)


def useful_flops(config: Mapping[str, Any], lengths: Iterable[int]) -> int:
    """Operations for texts of these lengths in tokens, by the encoder of a ``config.json``.

    Raises:
        Unsupported: no family describes this encoder.
    """
    encoder = describe(config)
    return sum(text_flops(encoder, tokens) for tokens in lengths)
