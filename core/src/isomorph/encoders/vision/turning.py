"""Angles of rotary positions on a grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from isomorph.encoders.relations import PlaneRotary


def plane_angles(spec: PlaneRotary) -> NDArray[np.float32]:
    """Angles (T, size) of all positions, those of rows first; both halves are equal."""
    frequencies = 1 / np.float32(spec.base) ** np.arange(0, 1, 4 / spec.size, dtype=np.float32)
    sizes = (spec.rows, spec.columns)
    if spec.counted is None:
        places = [2 * np.float32(np.pi) * _centres(count) for count in sizes]
    else:
        places = [
            np.arange(count, dtype=np.float32) / np.float32(count) * np.float32(steps)
            for count, steps in zip(sizes, spec.counted, strict=True)
        ]
    grid = np.stack(np.meshgrid(*places, indexing="ij"), axis=-1).reshape(-1, 2)
    angles = (grid[:, :, None] * frequencies).reshape(len(grid), -1)
    still = np.zeros((spec.leading, spec.size), np.float32)
    return np.concatenate([still, np.tile(angles, 2)]).astype(np.float32)


def _centres(count: int) -> NDArray[np.float32]:
    """The centres of so many patches side by side, from -1 to 1."""
    return np.asarray(2 * (np.arange(0.5, count, dtype=np.float32) / np.float32(count)) - 1)
