"""Angles of rotary positions on a grid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from isomorph.encoders.description import PlaneRotary


def plane_angles(spec: PlaneRotary) -> NDArray[np.float32]:
    """Angles (T, size) of all positions, those of rows first; both halves are equal."""
    frequencies = 1 / np.float32(spec.base) ** np.arange(0, 1, 4 / spec.size, dtype=np.float32)
    centres = [
        2 * (np.arange(0.5, count, dtype=np.float32) / np.float32(count)) - 1
        for count in (spec.rows, spec.columns)
    ]
    grid = np.stack(np.meshgrid(*centres, indexing="ij"), axis=-1).reshape(-1, 2)
    angles = (2 * np.float32(np.pi) * grid[:, :, None] * frequencies).reshape(len(grid), -1)
    still = np.zeros((spec.leading, spec.size), np.float32)
    return np.concatenate([still, np.tile(angles, 2)]).astype(np.float32)
