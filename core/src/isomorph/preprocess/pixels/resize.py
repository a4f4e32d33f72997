"""Resizing as the image processors of transformers do it with antialias, bit by bit, in numpy.

Of uint8 they compute two passes, columns first, each with weights rounded to int16 and sums rounded to
uint8. Pillow does the same with weights of 22 bits, and so differs by a grey level here and there. An output
position reads only the few input positions under its filter: products are made of blocks of
positions, whose inputs lie close together, and of rows and columns that are cut away none is computed.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from isomorph.encoders.vision.filters import matrix, weights_of

Image = NDArray[np.uint8]
_BLOCK = 16
"""Output positions of a product: few, so that their filters reach over few inputs."""
PILLOW = 22
"""Bits of the weights of Pillow, and those that the others have at most."""
_LARGEST = 1 << 15


Block = tuple[int, int, NDArray[np.float64]]
"""The first and the last input that some outputs read, and the weights (inputs, outputs)."""


def resize(
    image: Image,
    height: int,
    width: int,
    kind: str,
    window: tuple[slice, slice] | None = None,
    *,
    bits: int | None = None,
) -> Image:
    """Another size of an image.

    Args:
        image: uint8 (height, width, channels).
        height: rows of the result.
        width: columns of the result.
        kind: one of `isomorph.encoders.vision.filters.FILTERS`.
        window: the rows and columns of the result that are wanted; None for all.
        bits: those of the weights; None for as many as int16 holds, `PILLOW` for what Pillow gives.

    Returns:
        uint8 (channels, rows, columns).
    """
    rows, columns = window or (slice(0, height), slice(0, width))
    x = image.transpose(2, 0, 1)
    if width != x.shape[2]:
        x = _along_columns(x, _blocks(x.shape[2], width, kind, columns, bits))
    else:
        x = x[:, :, columns]
    if height == x.shape[1]:
        return np.ascontiguousarray(x[:, rows])
    return np.ascontiguousarray(_along_rows(x, _blocks(x.shape[1], height, kind, rows, bits)))


def floats(image: NDArray[np.float32], height: int, width: int, kind: str) -> NDArray[np.float32]:
    """As `resize`, of numbers that are not rounded: float32 (C, H, W) -> (C, height, width)."""
    if image.shape[2] != width:
        image = image @ matrix(image.shape[2], width, kind).astype(np.float32)
    if image.shape[1] != height:
        image = matrix(image.shape[1], height, kind).T.astype(np.float32) @ image
    return image


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


def _blocks(
    size: int, wanted: int, kind: str, part: slice, bits: int | None
) -> tuple[int, tuple[Block, ...]]:
    """The bits of the weights, and the weights of these outputs."""
    return _made(size, wanted, kind, (part.start, part.stop), bits)


@lru_cache(maxsize=16)
def _made(
    size: int, wanted: int, kind: str, ends: tuple[int, int], asked: int | None
) -> tuple[int, tuple[Block, ...]]:
    first, last = ends
    lows, weights = weights_of(size, wanted, kind)
    bits = _bits(float(weights.max())) if asked is None else asked
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


def _bits(largest: float) -> int:
    """The most bits with which the largest weight is an int16."""
    bits = 0
    while bits < PILLOW and int(0.5 + largest * (1 << (bits + 1))) < _LARGEST:
        bits += 1
    return bits
