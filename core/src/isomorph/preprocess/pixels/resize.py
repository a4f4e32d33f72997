"""Resizing as the image processors of transformers do it with antialias, bit by bit, in numpy.

Of uint8 they compute two passes, columns first, each with weights rounded to int16 and sums rounded to
uint8. Pillow does the same with weights of 22 bits, and so differs by a grey level here and there. An output
position reads only the few input positions under its filter: products are made of blocks of
positions, whose inputs lie close together, and of rows and columns that are cut away none is computed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from isomorph.encoders.vision.filters import weights_of

Image = NDArray[np.uint8]
_BLOCK = 16
"""Output positions of a product: few, so that their filters reach over few inputs."""
PILLOW = 22
"""Bits of the weights of Pillow, and those that the others have at most."""
_LARGEST = 1 << 15
_EXACT = 1 << 24
"""Up to here float32 holds every whole number; float64 does so by far for all weights that there are."""
NEAR = 1 << 19
"""Numbers that are read again while a CPU still holds them near."""
_MIDDLE = 128
"""What is taken off every input, so that sums stay small, and given back to what they become."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some outputs, and how they follow from the inputs that they read.

    An output is sum(weights (input - 128)) + `offset`, cut off behind the point. Weights (inputs, outputs)
    are whole numbers over a power of two, of a type in which no sum is rounded, nor what it is with the
    offset, up to 256.
    """

    inputs: slice
    outputs: slice
    weights: NDArray[np.floating]
    offset: NDArray[np.floating]


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
        ends = columns.start, columns.stop
        x = _along_columns(x, _blocks(x.shape[2], width, kind, ends, bits))
    else:
        x = x[:, :, columns]
    if height == x.shape[1]:
        return np.ascontiguousarray(x[:, rows])
    return _along_rows(x, _blocks(x.shape[1], height, kind, (rows.start, rows.stop), bits))


def _along_columns(x: Image, blocks: Sequence[Block]) -> Image:
    channels, height, width = x.shape
    made = np.empty((channels, height, blocks[-1].outputs.stop), np.uint8)
    step = max(1, NEAR // (channels * width))
    for top in range(0, height, step):
        rows = slice(top, top + step)
        wide = _taken_off(x[:, rows], blocks)
        for block in blocks:
            sums = wide[:, :, block.inputs] @ block.weights
            made[:, rows, block.outputs] = _cut_off(np.add(sums, block.offset, out=sums))
    return made


def _along_rows(x: Image, blocks: Sequence[Block]) -> Image:
    made = np.empty((len(x), blocks[-1].outputs.stop, x.shape[2]), np.uint8)
    for block in blocks:
        sums = block.weights.T @ _taken_off(x[:, block.inputs], blocks)
        made[:, block.outputs] = _cut_off(np.add(sums, block.offset[:, None], out=sums))
    return made


def _taken_off(x: Image, blocks: Sequence[Block]) -> NDArray[np.floating]:
    kept = x.astype(blocks[0].weights.dtype, order="C")
    kept -= _MIDDLE
    return kept


def _cut_off(values: NDArray[np.floating]) -> NDArray[np.floating]:
    """Brought into the range of uint8, which whoever stores them as such cuts off behind the point."""
    return np.clip(values, 0, 255, out=values)


@lru_cache(maxsize=16)
def _blocks(
    size: int, wanted: int, kind: str, ends: tuple[int, int], bits: int | None
) -> tuple[Block, ...]:
    """The outputs from the first to before the last of `ends`, counted from the first."""
    first, last = ends
    lows, weights = weights_of(size, wanted, kind)
    unit = 1 << (_bits(float(weights.max())) if bits is None else bits)
    lows, weights = lows[first:last], weights[first:last]
    whole = np.trunc(weights * unit + np.where(weights < 0, -0.5, 0.5))
    offset = (_MIDDLE * whole.sum(axis=1) + unit / 2) / unit
    furthest = max(np.abs(whole).sum(axis=1).max() * _MIDDLE, 2 * _MIDDLE * unit)
    dtype = np.float32 if furthest <= _EXACT else np.float64
    blocks = []
    for start in range(0, last - first, _BLOCK):
        outputs = slice(start, min(start + _BLOCK, last - first))
        low, block = _dense(lows[outputs], whole[outputs] / unit, size)
        inputs = slice(low, low + len(block))
        blocks.append(Block(inputs, outputs, block.astype(dtype), offset[outputs].astype(dtype)))
    return tuple(blocks)


def _dense(
    lows: NDArray[np.int64], weights: NDArray[np.float64], size: int
) -> tuple[int, NDArray[np.float64]]:
    """The first input that these outputs read, and their weights (inputs, outputs) from there on."""
    outputs, reach = weights.shape
    low = int(lows.min())
    block = np.zeros((int(lows.max()) - low + reach, outputs))
    at = (lows - low)[:, None] + np.arange(reach)
    block[at.T, np.arange(outputs)] = weights.T
    return low, block[: size - low]


def _bits(largest: float) -> int:
    """The most bits with which the largest weight is an int16."""
    bits = 0
    while bits < PILLOW and int(0.5 + largest * (1 << (bits + 1))) < _LARGEST:
        bits += 1
    return bits
