"""The block of BERT and its descendants, which only call its parts by other names."""

from __future__ import annotations

from dataclasses import dataclass

from isomorph.encoders.description import Attention, Block, FeedForward, Linear, Norm, Norms


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
