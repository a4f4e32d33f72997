"""What an encoder of sounds consists of. Names are those of tensors, without the file's prefix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from isomorph.encoders.description import Block, Linear, Norm
from isomorph.encoders.distances import FARTHEST
from isomorph.encoders.relations import RelativeBias


@dataclass(frozen=True, slots=True, kw_only=True)
class Strided:
    """A convolution along time: ``NAME.weight`` (outputs, inputs / groups, kernel) and, with `bias`, a bias.

    What it gives is normalised by `norm` if there is one, over the features of each position, or with
    `over_time` each feature over the positions of its own sound; then activated.
    """

    name: str
    inputs: int
    outputs: int
    kernel: int
    stride: int = 1
    padding: tuple[int, int] = (0, 0)
    bias: bool = True
    norm: Norm | None = None
    over_time: bool = False
    activation: str = "gelu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Positions told by what stands around: x + activation(convolution of x in groups, one to one).

    Its weight is stored as a direction and, for each place of the kernel, a length (Salimans and Kingma,
    arXiv:1602.07868). `names` are (length, direction), as files of today and older ones call them.
    """

    names: tuple[tuple[str, str], ...]
    bias: str
    features: int
    kernel: int
    groups: int
    activation: str

    @property
    def padding(self) -> tuple[int, int]:
        """As many positions come out as go in; an even kernel reaches one further to the left."""
        half = self.kernel // 2
        return half, half - (self.kernel % 2 == 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundEncoder:
    """A whole encoder of sounds.

    `reads` says what it is fed: the power of ``"mels"`` in time, or ``"samples"``. Convolutions make
    positions of that, which `projection` brings to the width of the blocks. Positions are told by the rows
    of `table` (positions, hidden), or by `surroundings`.
    """

    family: str
    reads: Literal["mels", "samples"]
    hidden: int
    convolutions: tuple[Strided, ...]
    projected_norm: Norm | None = None
    projection: Linear | None = None
    table: str | None = None
    positions: int | None = None
    surroundings: Surroundings | None = None
    norm: Norm | None = None
    relative_bias: RelativeBias | None = None
    blocks: tuple[Block, ...]
    final_norm: Norm | None = None

    @property
    def first(self) -> str:
        """The tensor that every file of the family has."""
        return self.convolutions[0].name + ".weight"

    @property
    def hop(self) -> int:
        """Samples, or moments, from one position to the next."""
        found = 1
        for convolution in self.convolutions:
            found *= convolution.stride
        return found

    @property
    def reach(self) -> int:
        """Samples, or moments, that the convolutions of one position read."""
        found = 1
        for convolution in reversed(self.convolutions):
            found = (found - 1) * convolution.stride + convolution.kernel
        return found

    @property
    def longest(self) -> int | None:
        """Positions of the longest sound, None where there is no limit."""
        return self.positions or (FARTHEST if self.relative_bias is not None else None)
