"""What a transformer encoder consists of. Names are those of tensors, without the file's prefix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Linear:
    """x (…, inputs) W^T + b: tensors ``NAME.weight`` (outputs, inputs) and ``NAME.bias``."""

    name: str
    inputs: int
    outputs: int
    bias: bool = True


@dataclass(frozen=True, slots=True)
class Norm:
    """Layer normalisation over `size` features: ``NAME.weight`` and, with `bias`, ``NAME.bias``."""

    name: str
    size: int
    eps: float
    bias: bool = True


@dataclass(frozen=True, slots=True)
class Positions:
    """A table of absolute position vectors (`count`, width).

    `start` is the row of a text's first position. With `after_padding` positions count real tokens
    only (those whose id is not `padding_id`), and padding itself gets row `padding_id`; that is the
    scheme of the RoBERTa family. Without it they count columns.
    """

    table: str
    count: int
    start: int = 0
    after_padding: bool = False
    padding_id: int = 0

    @property
    def longest(self) -> int:
        """The longest text, in tokens, that has a row for each position."""
        return self.count - self.start


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Token, position and type vectors, added, normalised and, if `projection`, made wider."""

    word: str
    vocabulary: int
    width: int
    positions: Positions | None = None
    types: str | None = None
    type_count: int = 0
    norm: Norm | None = None
    projection: Linear | None = None


@dataclass(frozen=True, slots=True)
class Attention:
    """Multi-head self-attention: softmax(q k^T / sqrt(head size)) v, projected."""

    query: Linear
    key: Linear
    value: Linear
    output: Linear
    heads: int


@dataclass(frozen=True, slots=True)
class FeedForward:
    """down(activation(up(x)))."""

    up: Linear
    down: Linear
    activation: str


@dataclass(frozen=True, slots=True)
class Block:
    """One layer. ``post``: norm(x + f(x)) after each half, the order of the original transformer."""

    attention: Attention
    attention_norm: Norm
    feed_forward: FeedForward
    feed_forward_norm: Norm
    order: Literal["post"] = "post"


@dataclass(frozen=True, slots=True)
class Encoder:
    """A whole encoder. `token_types` says whether it reads ``token_type_ids``."""

    family: str
    hidden: int
    embeddings: Embeddings
    blocks: tuple[Block, ...]

    @property
    def token_types(self) -> bool:
        """Whether rows of more than one type exist, so that the types must be fed."""
        return self.embeddings.types is not None and self.embeddings.type_count > 1

    @property
    def longest(self) -> int | None:
        """The longest input in tokens, or None where positions are unbounded."""
        positions = self.embeddings.positions
        return positions.longest if positions else None
