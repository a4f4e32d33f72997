"""What a tower consists of whose vectors stand among those of tokens. Names are those of tensors."""

from __future__ import annotations

from dataclasses import dataclass

from isomorph.encoders.description import Block, Linear, Norm


@dataclass(frozen=True, slots=True, kw_only=True)
class Cuboids:
    """Patches of several frames, packed: a linear layer whose weight is stored as that of a convolution.

    ``NAME.weight`` is (`width`, `channels`, `frames`, `side`, `side`).
    """

    name: str
    side: int
    frames: int
    width: int
    channels: int = 3
    bias: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the stored weight."""
        return self.width, self.channels, self.frames, self.side, self.side

    @property
    def features(self) -> int:
        """Numbers of a patch."""
        return self.channels * self.frames * self.side * self.side


@dataclass(frozen=True, slots=True)
class Square:
    """Learned vectors of a grid of `side` times `side` positions: the tensor `table` (side side, `width`).

    A patch takes four of them, with shares that are fed with their numbers (bilinear interpolation).
    """

    table: str
    side: int
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Merger:
    """Several neighbouring patches as one vector: down(gelu(up(x))) of the patches end to end.

    The norm acts on each patch, or where it is so wide on all of them together.
    """

    norm: Norm
    up: Linear
    down: Linear


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedVision:
    """A tower whose images keep their proportions, and whose vectors stand among those of tokens.

    `unit` neighbouring patches become one vector by the `merger`. `deep` are further mergers with the number
    of the block whose result each reads (DeepStack). Blocks that look at windows have those of `window` times
    `window` cells, a cell being what becomes one vector.
    """

    hidden: int
    patches: Cuboids
    unit: int
    blocks: tuple[Block, ...]
    merger: Merger
    deep: tuple[tuple[int, Merger], ...] = ()
    places: Square | None = None
    window: int = 0

    @property
    def windowed(self) -> bool:
        """Whether some blocks look at windows."""
        return any(block.attending.within for block in self.blocks)
