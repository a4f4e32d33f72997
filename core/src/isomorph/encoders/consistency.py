"""Whether the options of a ``config.json`` fit each other, whatever its family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from isomorph.encoders.description import Attention, Encoder, FeedForward
from isomorph.errors import BadModel

if TYPE_CHECKING:
    from isomorph.encoders.rare import Experts


def check(encoder: Encoder, config: Mapping[str, Any]) -> None:
    """Refuses a description that no weights can fill.

    Raises:
        BadModel: heads do not divide, more experts are asked than there are, the padding token is no
            word, or no text has a position.
    """
    check_blocks(encoder)
    padding, words = config.get("pad_token_id"), encoder.embeddings.vocabulary
    if padding is not None and padding >= words:
        raise BadModel(
            f"config.json sets pad_token_id={padding}, but vocab_size={words}: there is no such token."
        )
    longest = encoder.longest
    if longest is not None and longest < 1:
        positions = config.get("max_position_embeddings")
        raise BadModel(
            f"config.json sets max_position_embeddings={positions} and pad_token_id={padding}, which "
            "leaves no position for a text."
        )


def check_blocks(encoder: Encoder) -> None:
    """Refuses blocks that no weights can fill.

    Raises:
        BadModel: heads do not divide, or more experts are asked than there are.
    """
    for block in encoder.blocks:
        for attention in block.attention.attentions:
            check_heads(attention)
        if not isinstance(block.feed_forward, FeedForward):
            _check_experts(block.feed_forward)
    if encoder.decoder is not None:
        for layer in encoder.decoder.blocks:
            check_heads(layer.attention)
            check_heads(layer.cross)


def head_size(features: int, heads: int) -> int:
    """An equal share of the features for each head.

    Raises:
        BadModel: there is none.
    """
    if features % heads:
        raise BadModel(f"config.json: {features} features do not split into {heads} heads.")
    return features // heads


def check_heads(attention: Attention) -> None:
    """Refuses heads that features cannot be split into.

    Raises:
        BadModel: heads do not divide.
    """
    heads = attention.heads
    head_size(attention.query.outputs, heads)
    shared = attention.kv_heads or heads
    if heads % shared:
        raise BadModel(
            f"config.json: {heads} heads cannot share {shared} heads of keys and values evenly."
        )


def _check_experts(experts: Experts) -> None:
    there = experts.count or 0  # a file may say null
    if experts.chosen > there:
        raise BadModel(
            f"config.json asks {experts.chosen} experts for each token, of which there are {there}."
        )
