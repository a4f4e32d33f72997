"""Images that keep their proportions, cut into patches of which a few become one vector (Qwen2-VL)."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.preprocess.pixels import resize
from isomorph.preprocess.pixels.processor import Floats, Image, Range
from isomorph.primitives.program import Feed

NARROWEST = 200
"""The longest side of an image that is read, in shortest ones."""
_COLOURS = 3


@dataclass(frozen=True, slots=True)
class Cells:
    """An image as patches (cells, patches of a cell, features), and its rows and columns of cells."""

    patches: Floats
    grid: tuple[int, int]

    def __len__(self) -> int:
        return len(self.patches)


@dataclass(frozen=True, kw_only=True)
class Packs:
    """Images with sides that are multiples of a cell's, between so many pixels, as patches.

    A patch has `side` times `side` pixels in each of `frames` frames; an image stands in all of
    them. A cell is `merge` times `merge` patches.
    """

    side: int = 14
    merge: int = 2
    frames: int = 2
    least: int = 56 * 56
    most: int = 28 * 28 * 1280
    kind: str = "bicubic"
    range: Range = field(default_factory=Range)
    resized: bool = True

    @property
    def size(self) -> tuple[int, ...]:
        """Every image has its own."""
        return ()

    @property
    def bytes(self) -> int:
        """All pixels, three channels of float32 in each frame."""
        return 4 * _COLOURS * self.frames * max(self.most, self.side**2)

    @property
    def features(self) -> int:
        """Numbers of a patch."""
        return _COLOURS * self.frames * self.side**2

    @property
    def unit(self) -> int:
        """Patches of a cell."""
        return self.merge**2

    def numbers(self, image: Image) -> Cells:
        """The patches of an image, cell by cell; each is (channel, frame, y, x).

        Raises:
            InputError: it is so narrow that nobody knows what it shows.
        """
        height, width = self.fitting(*image.shape[:2])
        pixels = resize.resize(image, height, width, self.kind)
        return self.packed(np.stack([self.range.fused(pixels)] * self.frames))

    def packed(self, frames: Floats) -> Cells:
        """The patches of as many frames as a patch has (frames, 3, height, width), of a fitting size."""
        merge, side = self.merge, self.side
        rows, columns = (size // (merge * side) for size in frames.shape[2:])
        split = frames.reshape(self.frames, _COLOURS, rows, merge, side, columns, merge, side)
        ordered = split.transpose(2, 5, 3, 6, 1, 0, 4, 7)
        whole = ordered.reshape(rows * columns, self.unit, self.features)
        return Cells(np.ascontiguousarray(whole), (rows, columns))

    def fitting(self, height: int, width: int) -> tuple[int, int]:
        """The sides to which transformers brings an image (``smart_resize`` of Qwen2-VL).

        Raises:
            InputError: one side is over 200 times the other.
        """
        factor = self.side * self.merge
        if max(height, width) > NARROWEST * min(height, width):
            raise InputError(
                f"of {width} x {height} pixels is so narrow that its longer side is over {NARROWEST} times "
                "the shorter one."
            )
        if not self.resized:
            if height % factor or width % factor:
                raise InputError(
                    f"has {width} x {height} pixels, no multiples of {factor}, and this model's images are "
                    "not resized (do_resize)."
                )
            return height, width
        high, wide = (round(side / factor) * factor for side in (height, width))
        if high * wide > self.most:
            beta = math.sqrt(height * width / self.most)
            high, wide = (max(factor, int(n / beta / factor) * factor) for n in (height, width))
        elif high * wide < self.least:
            beta = math.sqrt(self.least / (height * width))
            high, wide = (math.ceil(n * beta / factor) * factor for n in (height, width))
        return high, wide


@dataclass(frozen=True, kw_only=True)
class Packing:
    """The arrays that a tower is fed of the images of a forward; a `Sight`.

    `window` is the side of a window in cells, 0 where there are none. `stored` is the side of the grid of
    learned positions, 0 where there is none.
    """

    processor: Packs
    window: int = 0
    stored: int = 0

    def feeds(self, names: Collection[str]) -> Mapping[str, Feed]:
        """Type and axes of those of these arrays that are read."""
        cells = ("images", "cells")
        unit, features = self.processor.unit, self.processor.features
        own = {
            "pixel_values": Feed("float32", (*cells, unit, features)),
            "cell_mask": Feed("int64", cells),
            "patch_positions": Feed("int64", (*cells, unit, 2)),
            "cell_windows": Feed("int64", cells),
            "patch_corners": Feed("int64", (*cells, unit, 4)),
            "patch_shares": Feed("float32", (*cells, unit, 4)),
        }
        return {name: feed for name, feed in own.items() if name in names}

    def arrays(
        self, images: Sequence[Cells], names: Collection[str]
    ) -> tuple[Mapping[str, NDArray[Any]], int]:
        """The arrays of some images, padded to the largest, and its cells; of none one empty cell."""
        most = max(map(len, images), default=1)
        shape = (max(1, len(images)), most)
        made: dict[str, NDArray[Any]] = {}
        for name, feed in self.feeds(names).items():
            rest = [size for size in feed.axes if isinstance(size, int)]
            made[name] = np.zeros((*shape, *rest), feed.dtype)
        if not images and "cell_mask" in made:
            made["cell_mask"][:] = 1  # who sees nothing has no mean
        for row, image in enumerate(images):
            for name, array in made.items():
                array[row, : len(image)] = self._of(image, name)
        return made, most

    def _of(self, image: Cells, name: str) -> NDArray[Any]:
        """One of the arrays, of one image."""
        if name == "pixel_values":
            return image.patches
        if name == "cell_mask":
            return np.ones(len(image), np.int64)
        rows, columns = image.grid
        if name == "cell_windows":
            across = -(-columns // self.window)
            numbers = np.add.outer(
                np.arange(rows) // self.window * across, np.arange(columns) // self.window
            )
            return numbers.reshape(-1)
        if name == "patch_positions":
            return self._places(rows, columns)
        corners, shares = self._interpolated(rows, columns)
        return corners if name == "patch_corners" else shares

    def _places(self, rows: int, columns: int) -> NDArray[np.int64]:
        """Row and column of each patch (cells, unit, 2), in patches."""
        merge = self.processor.merge
        grid = np.moveaxis(np.indices((rows * merge, columns * merge)), 0, -1)
        split = grid.reshape(rows, merge, columns, merge, 2).transpose(0, 2, 1, 3, 4)
        return np.asarray(split.reshape(rows * columns, self.processor.unit, 2), np.int64)

    def _interpolated(
        self, rows: int, columns: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The stored positions around each patch, and the share of each: (cells, unit, 4)."""
        places, merge = self._places(rows, columns), self.processor.merge
        sides = (rows * merge, columns * merge)
        at = [_spread(self.stored, size)[places[..., axis]] for axis, size in enumerate(sides)]
        low = [each.astype(np.int64) for each in at]
        high = [np.minimum(each + 1, self.stored - 1) for each in low]
        past = [each - whole.astype(np.float32) for each, whole in zip(at, low, strict=True)]
        before = [np.float32(1) - each for each in past]
        corners = [y * self.stored + x for y in (low[0], high[0]) for x in (low[1], high[1])]
        shares = [y * x for y in (before[0], past[0]) for x in (before[1], past[1])]
        return np.stack(corners, axis=-1), np.stack(shares, axis=-1).astype(np.float32)


def _spread(stored: int, size: int) -> NDArray[np.float32]:
    """So many places from the first to the last of the stored positions, evenly."""
    return np.linspace(0, stored - 1, size, dtype=np.float32)
