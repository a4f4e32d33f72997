"""What BERT shares with its descendants: blocks, whose parts have other names, and positions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from isomorph.encoders.description import (
    Attention,
    Block,
    FeedForward,
    Linear,
    Norm,
    Norms,
    Positions,
)
from isomorph.errors import BadModel


@dataclass(frozen=True, slots=True)
class Names:
    """What the layers of a block are called; the defaults are BERT's."""

    query: str = "attention.self.query"
    key: str = "attention.self.key"
    value: str = "attention.self.value"
    output: str = "attention.output.dense"
    attention_norm: str = "attention.output.LayerNorm"
    up: str = "intermediate.dense"
    down: str = "output.dense"
    feed_forward_norm: str = "output.LayerNorm"


BERT = Names()


@dataclass(frozen=True, slots=True)
class Sizes:
    """Widths, heads, activation and epsilon, which all blocks of an encoder share."""

    hidden: int
    inner: int
    heads: int
    activation: str
    eps: float


def block(sizes: Sizes, prefix: str, names: Names = BERT) -> Block:
    """Attention, then feed-forward, each added to what it read and then normalised."""
    hidden, inner = sizes.hidden, sizes.inner
    query, key, value, output = (
        Linear(prefix + name, hidden, hidden)
        for name in (names.query, names.key, names.value, names.output)
    )
    return Block(
        Attention(query, key, value, output, sizes.heads),
        Norms(after=Norm(prefix + names.attention_norm, hidden, sizes.eps)),
        FeedForward(
            Linear(prefix + names.up, hidden, inner),
            Linear(prefix + names.down, inner, hidden),
            sizes.activation,
        ),
        Norms(after=Norm(prefix + names.feed_forward_norm, hidden, sizes.eps)),
    )


def positions(config: Mapping[str, Any]) -> Positions:
    """A table with a row for each column."""
    return Positions(_TABLE, config.get("max_position_embeddings", 512))


def positions_after(config: Mapping[str, Any], padding: int) -> Positions:
    """A table whose rows count real tokens, from the one after the padding token's id."""
    count = config.get("max_position_embeddings", 512)
    return Positions(_TABLE, count, start=padding + 1, after_padding=True, padding_id=padding)


def type_count(config: Mapping[str, Any]) -> int:
    """Rows of the table of token types, for families that add one of them to every token.

    Raises:
        BadModel: there are none.
    """
    count = int(config.get("type_vocab_size", 2))
    if count < 1:
        kind = config.get("model_type")
        raise BadModel(
            f"config.json sets type_vocab_size=0, but every token of {kind!r} has a type."
        )
    return count


_TABLE = "embeddings.position_embeddings.weight"
