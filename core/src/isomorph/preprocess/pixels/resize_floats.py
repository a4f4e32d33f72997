"""Resizing numbers that are not rounded, as transformers does it with antialias, bit by bit, in numpy.

Columns first, then rows. The compiled loop behind it adds products in their order: those of whole blocks
of eight, then of four, are rounded before they are added, and each that is left is added before it is
rounded. float64 holds every product of two float32.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from isomorph.encoders.vision.filters import FILTERS

Floats = NDArray[np.float32]
Weights = tuple[tuple[int, Floats], ...]
"""Of each output its first input, and the weights from there on."""
_BLOCKS = (8, 4)


def resize_floats(image: Floats, height: int, width: int, kind: str) -> Floats:
    """Another size of an image.

    Args:
        image: float32 (channels, height, width).
        height: rows of the result.
        width: columns of the result.
        kind: one of `isomorph.encoders.vision.filters.FILTERS`.

    Returns:
        float32 (channels, rows, columns).
    """
    for axis, wanted in ((2, width), (1, height)):
        if image.shape[axis] != wanted:
            image = np.moveaxis(_along(np.moveaxis(image, axis, 0), wanted, kind), 0, axis)
    return image


def _along(image: Floats, wanted: int, kind: str) -> Floats:
    """Of the first axis."""
    lines = np.ascontiguousarray(image).reshape(len(image), -1)
    made = np.empty((wanted, lines.shape[1]), np.float32)
    for place, (low, weights) in enumerate(_weights(len(image), wanted, kind)):
        _sum(lines[low : low + len(weights)], weights, made[place])
    return made.reshape(wanted, *image.shape[1:])


def _sum(lines: Floats, weights: Floats, made: Floats) -> None:
    """The sum of lines (reach, numbers), each with its weight, as they are rounded there."""
    np.multiply(lines[0], weights[0], out=made)
    left = len(weights) - 1
    rounded = 1 + left // _BLOCKS[0] * _BLOCKS[0] + left % _BLOCKS[0] // _BLOCKS[1] * _BLOCKS[1]
    for line, weight in zip(lines[1:rounded], weights[1:rounded], strict=True):
        made += line * weight
    for line, weight in zip(lines[rounded:], weights[rounded:], strict=True):
        made[:] = line.astype(np.float64) * float(weight) + made


@lru_cache(maxsize=16)
def _weights(size: int, wanted: int, kind: str) -> Weights:
    """In float32 and float64 where it is so there; their sum is 1."""
    scale = np.float32(size) / np.float32(wanted)
    reach = FILTERS[kind][1] / 2 * max(float(scale), 1.0)
    inverse = float(np.float32(1.0 / float(scale))) if scale >= 1 else 1.0
    found: list[tuple[int, Floats]] = []
    for place in range(wanted):
        center = np.float32(float(scale) * (place + 0.5))
        low, high = (
            int(float(center + side) + 0.5) for side in np.array([-reach, reach], np.float32)
        )
        low, high = max(low, 0), min(high, size)
        far = (np.arange(low, high).astype(np.float32) - center).astype(np.float64) + 0.5
        own = _filtered((far * inverse).astype(np.float32), kind)
        found.append((low, own / np.add.accumulate(own)[-1]))
    return tuple(found)


def _filtered(x: Floats, kind: str) -> Floats:
    """The function of a filter, with the cubic's products added before they are rounded."""
    if kind != "bicubic":
        return np.asarray(FILTERS[kind][0](x.astype(np.float64)), np.float32)
    x = np.abs(x)
    near = _added(_added(x, 1.5, -2.5) * x, x, 1.0)
    far = _added(_added(_added(x, -0.5, 2.5), x, -4.0), x, 2.0)
    return np.where(x < 1, near, np.where(x < 2, far, np.float32(0)))


def _added(x: Floats, factor: Floats | float, more: float) -> Floats:
    return np.asarray(x.astype(np.float64) * factor + more, np.float32)
