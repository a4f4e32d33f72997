"""Spectra brought to another length by a matrix: bicubic, with both ends kept."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_SHARP = np.float32(-0.75)
"""The parameter of Keys' convolution (1981)."""


def bicubic(before: int, after: int) -> NDArray[np.float32]:
    """The matrix (after, before) that stretches so many numbers to as many.

    All of it is float32, as in training: where an index is rounded decides between which numbers a place
    lies.
    """
    scale = np.float32(before - 1) / np.float32(max(after - 1, 1))
    places = scale * np.arange(after, dtype=np.float32)
    first = np.floor(places).astype(np.int64)
    part = places - first.astype(np.float32)
    found = np.zeros((after, before), np.float32)
    rows = np.arange(after)
    for step, weight in zip((-1, 0, 1, 2), _weights(part), strict=True):
        np.add.at(found, (rows, np.clip(first + step, 0, before - 1)), weight)
    return found


def _weights(part: NDArray[np.float32]) -> tuple[NDArray[Any], ...]:
    one, two = np.float32(1), np.float32(2)
    rest = one - part
    return _far(part + one), _near(part), _near(rest), _far(two - part)


def _near(x: NDArray[np.float32]) -> NDArray[Any]:
    """Of numbers at a distance up to 1."""
    return np.asarray(((_SHARP + 2) * x - (_SHARP + 3)) * x * x + 1, np.float32)


def _far(x: NDArray[np.float32]) -> NDArray[Any]:
    """Of numbers at a distance of 1 to 2."""
    return np.asarray(((_SHARP * x - 5 * _SHARP) * x + 8 * _SHARP) * x - 4 * _SHARP, np.float32)
