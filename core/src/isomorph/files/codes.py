"""Matrices in fewer bits: whole numbers, and a scale for each block of a row.

A number w of a block whose largest is m is stored as round(w / s) with s = m / 127, or m / 7 in four bits.
The code stands for code times s. No zero point: a code of 0 is 0, and a row needs no neighbour.

A few columns may be set apart. A row has two scales then: one for most of its numbers, one for those columns.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST = {"int8": 127, "int4": 7}
"""The largest code of each type of stored weights; the smallest is its negative."""
BLOCKS = (64, 32)
"""Sizes of a block, the first that divides the length of a row; a row of another length is one block."""

_OFFSET = 8  # four bits are stored as numbers from 1 to 15


def block_of(width: int, whole: bool = False) -> int:
    """How many numbers of a row share a scale: all of them where `whole` says so."""
    return width if whole else next((size for size in BLOCKS if width % size == 0), width)


def scales_of(matrix: NDArray[np.float32], block: int, weights: str) -> NDArray[np.float32]:
    """The scales (O, I / block), float32, of a float32 matrix (O, I)."""
    blocks = matrix.reshape(len(matrix), -1, block)
    scales: NDArray[np.float32] = np.abs(blocks).max(axis=-1) / np.float32(LARGEST[weights])
    scales[scales < np.finfo(np.float32).tiny] = 1.0  # of a block of zeros
    return scales


def encode(
    matrix: NDArray[np.float32], block: int, weights: str
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Codes (O, I), int8, and scales (O, I / block), float32, of a float32 matrix (O, I)."""
    largest, scales = LARGEST[weights], scales_of(matrix, block, weights)
    blocks = matrix.reshape(len(matrix), -1, block)
    codes = np.clip(np.rint(blocks / scales[..., None]), -largest, largest)
    return codes.astype(np.int8).reshape(matrix.shape), scales


def decode(codes: NDArray[np.int8], scales: NDArray[np.float32]) -> NDArray[np.float32]:
    """The float32 matrix (O, I) that codes (O, I) and scales (O, B) stand for."""
    blocks = codes.reshape(*scales.shape, -1).astype(np.float32)
    blocks *= scales[..., None]
    return blocks.reshape(codes.shape)


def encode_apart(
    matrix: NDArray[np.float32], apart: NDArray[np.integer[Any]]
) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Codes (O, I), int8, and scales (O, 2), float32: of most columns, and of those set `apart`."""
    scales = scales_apart(matrix, apart)
    largest, steps = LARGEST["int8"], _steps(scales, matrix.shape[1], apart)
    return np.clip(np.rint(matrix / steps), -largest, largest).astype(np.int8), scales


def scales_apart(
    matrix: NDArray[np.float32], apart: NDArray[np.integer[Any]]
) -> NDArray[np.float32]:
    """The scales (O, 2), float32, of most columns of a matrix (O, I), and of those set `apart`."""
    parts = np.delete(matrix, apart, axis=1), matrix[:, apart]
    return np.concatenate([scales_of(each, each.shape[1], "int8") for each in parts], axis=1)


def decode_apart(
    codes: NDArray[np.int8], scales: NDArray[np.float32], apart: NDArray[np.integer[Any]]
) -> NDArray[np.float32]:
    """The float32 matrix (O, I) that `encode_apart` stored."""
    return codes * _steps(scales, codes.shape[1], apart)


def _steps(
    scales: NDArray[np.float32], width: int, apart: NDArray[np.integer[Any]]
) -> NDArray[np.float32]:
    """The scale of each number of a matrix (O, I)."""
    steps = np.repeat(scales[:, :1], width, axis=1)
    steps[:, apart] = scales[:, 1:]
    return steps


def pack(codes: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Codes of four bits (O, I) two in a byte: uint8 (O, I / 2), the first of a pair in the lower half."""
    halves = (codes + _OFFSET).astype(np.uint8)
    return np.asarray(halves[:, 0::2] | (halves[:, 1::2] << 4), np.uint8)


def unpack(packed: NDArray[Any]) -> NDArray[np.int8]:
    """What `pack` was given: int8 (O, I)."""
    halves = np.stack([packed & 15, packed >> 4], axis=-1).reshape(len(packed), -1)
    return halves.astype(np.int8) - np.int8(_OFFSET)
