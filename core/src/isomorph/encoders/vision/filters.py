"""Filters that make more or fewer places of places: weights of an antialiased interpolation."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


def _bicubic(x: NDArray[np.float64], a: float = -0.5) -> NDArray[np.float64]:
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    return np.where(x < 1, near, np.where(x < 2, (((x - 5) * x + 8) * x - 4) * a, 0.0))


def _bilinear(x: NDArray[np.float64]) -> NDArray[np.float64]:
    x = np.abs(x)
    return np.where(x < 1, 1 - x, 0.0)


def _lanczos(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


FILTERS: dict[str, tuple[Callable[[NDArray[np.float64]], NDArray[np.float64]], int]] = {
    "bilinear": (_bilinear, 2),
    "bicubic": (_bicubic, 4),
    "lanczos": (_lanczos, 6),
}
"""The function of each filter, and how many input positions it reaches over where nothing shrinks."""


def matrix(size: int, wanted: int, kind: str) -> NDArray[np.float64]:
    """Weights (size, wanted) of one pass, of an axis."""
    lows, weights = weights_of(size, wanted, kind)
    found = np.zeros((size + weights.shape[1], wanted))
    at = lows[:, None] + np.arange(weights.shape[1])
    found[at.T, np.arange(wanted)] = weights.T
    return found[:size]


def weights_of(size: int, wanted: int, kind: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For each output its first input, and its weights (wanted, reach) from there on; their sum is 1."""
    function, reach = FILTERS[kind]
    scale = size / wanted
    support = reach / 2 * max(scale, 1.0)
    inverse = 1.0 / scale if scale >= 1.0 else 1.0
    center = scale * (np.arange(wanted) + 0.5)
    low = np.maximum((center - support + 0.5).astype(np.int64), 0)
    high = np.minimum((center + support + 0.5).astype(np.int64), size)
    at = low[:, None] + np.arange(int((high - low).max()))
    weights = function((at - center[:, None] + 0.5) * inverse) * (at < high[:, None])
    return low, weights / weights.sum(axis=1, keepdims=True)
