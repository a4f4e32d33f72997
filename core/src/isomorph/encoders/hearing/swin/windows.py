"""Windows of a grid: which places belong together, how far they are from each other, and who sees whom."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

UNSEEN = -100.0
"""Added to scores of places that only the shift has brought into one window."""


def shifted(side: int, window: int, shift: int) -> NDArray[np.int64]:
    """Places (side^2,) of a grid, row by row of each window of the shifted grid."""
    grid = np.roll(np.arange(side * side).reshape(side, side), (-shift, -shift), (0, 1))
    return split(grid, window).reshape(-1)


def split(grid: NDArray[np.int64], window: int) -> NDArray[np.int64]:
    """A grid (side, side) in windows (windows, window^2)."""
    count = len(grid) // window
    parts = grid.reshape(count, window, count, window).transpose(0, 2, 1, 3)
    return parts.reshape(-1, window * window)


def distances(window: int) -> NDArray[np.int64]:
    """Rows of the table of biases for each pair of places of a window, (window^2, window^2)."""
    places = np.stack(np.meshgrid(np.arange(window), np.arange(window), indexing="ij")).reshape(
        2, -1
    )
    apart = places[:, :, None] - places[:, None, :] + window - 1
    return np.asarray(apart[0] * (2 * window - 1) + apart[1], np.int64)


def unseen(side: int, window: int, shift: int) -> NDArray[np.float32]:
    """What the shift adds to scores, (windows, window^2, window^2): opposite edges are far apart."""
    place = np.arange(side)
    region = (place >= side - window).astype(np.int64) + (place >= side - shift)
    of = split(region[:, None] * 3 + region[None, :], window)
    return np.where(of[:, None, :] == of[:, :, None], 0.0, UNSEEN).astype(np.float32)
