"""Images as tiles (Idefics3, arXiv:2408.12637): squares of a large image, and the whole, made small."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from isomorph.errors import InputError
from isomorph.files import limits
from isomorph.preprocess.pixels import resize
from isomorph.preprocess.pixels.processor import Floats, Image, Range

LARGEST = 4096
"""The longest side that transformers' class makes, whatever a file says."""


@dataclass(frozen=True, slots=True)
class Tiled:
    """The tiles of an image, float32 (tiles, 3, side, side), and their grid: (0, 0) of a whole alone."""

    tiles: Floats
    grid: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Tiles:
    """An image becomes squares of `side` x `side` pixels.

    First its longer side gets `longest` pixels, or the image the size `exact` (height, width). With `split`
    both sides then become multiples of `side`, and where there are several squares the whole follows them
    as one more; without it the image becomes one square.
    """

    side: int
    longest: int | None = None
    exact: tuple[int, int] | None = None
    kind: str = "lanczos"
    split: bool = True
    range: Range = field(default_factory=Range)

    @property
    def size(self) -> tuple[int, ...]:
        """Of each tile."""
        return self.side, self.side

    @property
    def most(self) -> int:
        """How many tiles an image has at most."""
        if not self.split:
            return 1
        rows, columns = (math.ceil(each / self.side) for each in self._bounds)
        return rows * columns + 1

    @property
    def bytes(self) -> int:
        """All tiles, three channels of float32."""
        return 12 * self.side * self.side * self.most

    @property
    def _bounds(self) -> tuple[int, int]:
        if self.exact is not None:
            return self.exact
        assert self.longest is not None
        return (self.longest + 1,) * 2  # a side is made even

    def numbers(self, image: Image) -> Tiled:
        """The tiles, row by row, and the whole.

        Raises:
            InputError: there would be more tiles than a model takes.
        """
        pixels = self._resized(image, *self._first(*image.shape[:2]))
        if not self.split:
            return self._tiled([self._resized(pixels, self.side, self.side)], (0, 0))
        height, width = self._whole(*pixels.shape[:2])
        rows, columns = height // self.side, width // self.side
        if rows * columns > limits.TILES:
            raise InputError(
                f"of {image.shape[1]} x {image.shape[0]} pixels would become {rows * columns} tiles of "
                f"{self.side} x {self.side}, over {limits.TILES}."
            )
        pixels = self._resized(pixels, height, width)
        if (rows, columns) == (1, 1):
            return self._tiled([pixels], (0, 0))
        split = pixels.reshape(rows, self.side, columns, self.side, 3).transpose(0, 2, 1, 3, 4)
        parts = list(split.reshape(rows * columns, self.side, self.side, 3))
        return self._tiled([*parts, self._resized(pixels, self.side, self.side)], (rows, columns))

    def _tiled(self, parts: list[Image], grid: tuple[int, int]) -> Tiled:
        return Tiled(np.stack([self.range.fused(p.transpose(2, 0, 1)) for p in parts]), grid)

    def _resized(self, image: Image, height: int, width: int) -> Image:
        found = resize.resize(image, height, width, self.kind)
        return np.ascontiguousarray(found.transpose(1, 2, 0))

    def _first(self, height: int, width: int) -> tuple[int, int]:
        """Height and width with the longer side as long as is asked for; the shorter one is even."""
        if self.exact is not None:
            return self.exact
        assert self.longest is not None
        proportion = width / height
        if width >= height:
            width, height = self.longest, _even(int(self.longest / proportion))
        else:
            height, width = self.longest, _even(int(self.longest * proportion))
        height, width = max(height, 1), max(width, 1)
        proportion = width / height
        if width >= height and width > LARGEST:
            width, height = LARGEST, int(LARGEST / proportion)
        elif height > width and height > LARGEST:
            height, width = LARGEST, int(LARGEST * proportion)
        return max(height, 1), max(width, 1)

    def _whole(self, height: int, width: int) -> tuple[int, int]:
        """Multiples of the side of a tile, the longer side first."""
        proportion = width / height
        if width >= height:
            width = self._multiple(width)
            return self._multiple(int(width / proportion)), width
        height = self._multiple(height)
        return height, self._multiple(int(height * proportion))

    def _multiple(self, pixels: int) -> int:
        return math.ceil(pixels / self.side) * self.side


def _even(pixels: int) -> int:
    return pixels + pixels % 2


def as_tiled(made: Any) -> Tiled:
    """An image that every processor of pages gave: one of a single size is one tile."""
    return made if isinstance(made, Tiled) else Tiled(made[None], (0, 0))
