"""Resizing as the image processors of transformers do it with antialias, bit by bit, in numpy.

Of uint8 they compute two passes, columns first, each with weights rounded to int16 and sums rounded to
uint8 (Pillow does the same with weights of 22 bits, and so differs by a grey level here and there). An
output position reads only the few input positions under its filter: products are made of blocks of
positions, whose inputs lie close together, and of rows and columns that are cut away none is computed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
_BLOCK = 16
"""Output positions of a product: few, so that their filters reach over few inputs."""
_BITS = 22
_LARGEST = 1 << 15


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

Block = tuple[int, int, NDArray[np.float64]]
"""The first and the last input that some outputs read, and the weights (inputs, outputs)."""


def resize(
    image: Image, height: int, width: int, kind: str, window: tuple[slice, slice] | None = None
) -> Image:
    """Another size of an image.

    Args:
        image: uint8 (height, width, channels).
        height: rows of the result.
        width: columns of the result.
        kind: one of `FILTERS`.
        window: the rows and columns of the result that are wanted; None for all.

    Returns:
        uint8 (channels, rows, columns).
    """
    rows, columns = window or (slice(0, height), slice(0, width))
    x = image.transpose(2, 0, 1)
    if width != x.shape[2]:
        x = _along_columns(x, _blocks(x.shape[2], width, kind, columns.start, columns.stop))
    else:
        x = x[:, :, columns]
    if height != x.shape[1]:
        x = _along_rows(x, _blocks(x.shape[1], height, kind, rows.start, rows.stop))
    else:
        x = x[:, rows]
    return np.ascontiguousarray(x)


def floats(image: NDArray[np.float32], height: int, width: int, kind: str) -> NDArray[np.float32]:
    """As `resize`, of numbers that are not rounded: float32 (C, H, W) -> (C, height, width)."""
    if image.shape[2] != width:
        image = image @ matrix(image.shape[2], width, kind).astype(np.float32)
    if image.shape[1] != height:
        image = matrix(image.shape[1], height, kind).T.astype(np.float32) @ image
    return image


def matrix(size: int, wanted: int, kind: str) -> NDArray[np.float64]:
    """Weights (size, wanted) of one pass, as they are before anything is rounded."""
    lows, weights = _weights(size, wanted, kind)
    found = np.zeros((size + weights.shape[1], wanted))
    at = lows[:, None] + np.arange(weights.shape[1])
    found[at.T, np.arange(wanted)] = weights.T
    return found[:size]


def _along_columns(x: Image, blocks: tuple[int, tuple[Block, ...]]) -> Image:
    bits, parts = blocks
    wide = x.reshape(-1, x.shape[2]).astype(np.float64)
    made = [_rounded(wide[:, low:high] @ weights, bits) for low, high, weights in parts]
    return np.concatenate(made, axis=1).reshape(x.shape[0], x.shape[1], -1)


def _along_rows(x: Image, blocks: tuple[int, tuple[Block, ...]]) -> Image:
    bits, parts = blocks
    tall = x.astype(np.float64)
    made = [_rounded(weights.T @ tall[:, low:high], bits) for low, high, weights in parts]
    return np.concatenate(made, axis=1)


def _rounded(sums: NDArray[np.float64], bits: int) -> Image:
    """Sums of products of whole numbers, which float64 holds exactly, divided by 2^bits and rounded."""
    scaled = np.floor(sums * 2.0**-bits + 0.5, out=sums)
    return np.clip(scaled, 0, 255, out=scaled).astype(np.uint8)


@lru_cache(maxsize=16)
def _blocks(
    size: int, wanted: int, kind: str, first: int, last: int
) -> tuple[int, tuple[Block, ...]]:
    """The bits of the weights, and the weights of all outputs from `first` up to `last`."""
    lows, weights = _weights(size, wanted, kind)
    largest = float(weights.max())
    bits = 0
    while bits < _BITS and int(0.5 + largest * (1 << (bits + 1))) < _LARGEST:
        bits += 1
    weights = weights[first:last]
    whole = np.trunc(weights * (1 << bits) + np.where(weights < 0, -0.5, 0.5))
    blocks: list[Block] = []
    for start in range(first, last, _BLOCK):
        part = slice(start, min(start + _BLOCK, last))
        begin, reach = lows[part], weights.shape[1]
        low = int(begin.min())
        block = np.zeros((int(begin.max()) - low + reach, len(begin)))
        at = (begin - low)[:, None] + np.arange(reach)
        block[at.T, np.arange(len(begin))] = whole[start - first : part.stop - first].T
        high = min(low + len(block), size)
        blocks.append((low, high, block[: high - low]))
    return bits, tuple(blocks)


def _weights(size: int, wanted: int, kind: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
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
