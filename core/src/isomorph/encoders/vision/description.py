"""What a tower that sees consists of. Names are those of tensors; blocks are those of text encoders."""

from __future__ import annotations

from dataclasses import dataclass

from isomorph.encoders.description import Block, FeedForward, Linear, Norm


@dataclass(frozen=True, slots=True, kw_only=True)
class Patches:
    """Squares of pixels as vectors: a convolution whose stride is its kernel, hence a linear layer.

    ``NAME.weight`` is (`width`, `channels`, `side`, `side`); `flat` it is (`width`, features), with the same
    numbers. Where patches are fed `packed` it is so too, and each comes as a row of (y, x, channel).
    With `rest` an image has pixels below or on the right that no patch holds.
    """

    name: str
    side: int
    width: int
    channels: int = 3
    bias: bool = True
    packed: bool = False
    flat: bool = False
    rest: bool = False

    @property
    def features(self) -> int:
        """Numbers of a patch."""
        return self.channels * self.side * self.side


@dataclass(frozen=True, slots=True)
class Leading:
    """Learned vectors in front of the patches: the tensor `name` of `shape`, which holds `count` of them."""

    name: str
    shape: tuple[int, ...]
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Learned vectors of positions: the tensor `table` of `shape`, the last axis of which are features.

    The first `leading` rows are those of as many leading vectors; further ones have none. The others are a
    grid of `rows` times `columns`. For
    another grid they are interpolated by a cubic, with `antialiased` as images are resized. Where every
    image has a grid of its own, what it takes of each position is fed.
    """

    table: str
    shape: tuple[int, ...]
    rows: int
    columns: int
    leading: int = 0
    antialiased: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionPool:
    """A learned query that attends to all patches, and a feed-forward with its norm behind it (SigLIP).

    `name` is one layer for query, key and value: ``in_proj_weight`` holds them above each other.
    """

    probe: str
    name: str
    output: Linear
    heads: int
    norm: Norm
    feed_forward: FeedForward


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """What a learned query sees of all positions, through a feed-forward with a norm, added to each position.

    `query` turns the vector `latent` into heads; keys and values are rows of one layer (Nomic Embed Vision).
    """

    latent: str
    query: Linear
    key: Linear
    value: Linear
    output: Linear
    heads: int
    norm: Norm
    feed_forward: FeedForward


@dataclass(frozen=True, slots=True, kw_only=True)
class VisionEncoder:
    """A whole tower. `grid` is (rows, columns) of patches, () where every image has its own.

    With `first` the first position alone goes on from the blocks. `inside` is a part of all names that
    later versions of transformers leave out where the tower stands in another model.
    """

    hidden: int
    patches: Patches
    grid: tuple[int, ...]
    blocks: tuple[Block, ...]
    leading: tuple[Leading, ...] = ()
    places: Places | None = None
    before: Norm | None = None
    final_norm: Norm | None = None
    first: bool = False
    first_norm: Norm | None = None
    pool: AttentionPool | None = None
    selector: Selector | None = None
    projection: Linear | None = None
    inside: str = ""
