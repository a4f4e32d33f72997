"""A few images as numbers, and the feeds of a batch of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.encoders.vision.filters import matrix
from isomorph.preprocess.items import Items
from isomorph.preprocess.pixels.processor import Floats, Packed


@dataclass(frozen=True, slots=True)
class FixedImages(Items):
    """Images of one size."""

    images: Sequence[Floats]

    def feeds(
        self, rows: Sequence[int], width: int, blank: int, names: Sequence[str]
    ) -> Mapping[str, NDArray[Any]]:
        """Their pixels (rows, 3, height, width), and a mask that hides no position."""
        shape = self.images[rows[0]].shape
        pixels = np.zeros((len(rows) + blank, *shape), np.float32)
        for row, index in enumerate(rows):
            pixels[row] = self.images[index]
        made: dict[str, NDArray[Any]] = {"pixel_values": pixels}
        made["attention_mask"] = np.ones((len(pixels), int(self.lengths[0])), np.int64)
        return {name: made[name] for name in names}


@dataclass(frozen=True, slots=True)
class PackedImages(Items):
    """Images as patches, each of a grid of its own; `places` is the grid of stored positions."""

    images: Sequence[Packed]
    places: tuple[int, int]

    def feeds(
        self, rows: Sequence[int], width: int, blank: int, names: Sequence[str]
    ) -> Mapping[str, NDArray[Any]]:
        """Patches, a mask of those that are there, and what each takes of each stored position."""
        count = len(rows) + blank
        features = self.images[rows[0]].patches.shape[1]
        pixels = np.zeros((count, width, features), np.float32)
        mask = np.zeros((count, width), np.int64)
        mask[len(rows) :] = 1
        taken = np.zeros((count, width, self.places[0] * self.places[1]), np.float32)
        grids = np.ones((count, 2), np.int64)
        for row, index in enumerate(rows):
            image = self.images[index]
            length = len(image.patches)
            pixels[row, :length] = image.patches
            mask[row, :length] = 1
            taken[row, :length] = _stretched(self.places, image.grid)
            grids[row] = image.grid
        made: dict[str, NDArray[Any]] = {
            "pixel_values": pixels,
            "pixel_attention_mask": mask,
            "patch_places": taken,
            "spatial_shapes": grids,
        }
        return {name: made[name] for name in names}


def _stretched(stored: tuple[int, int], grid: tuple[int, int]) -> NDArray[np.floating[Any]]:
    """Weights (patches, stored positions) of bilinear interpolation with antialias."""
    rows, columns = (matrix(*sizes, "bilinear").T for sizes in zip(stored, grid, strict=True))
    return np.kron(rows, columns)
