"""Attention of which each position sees its neighbours alone, by blocks, where texts are long.

All pairs of a text of 2,048 tokens are eleven times the pairs that lie in a window of 64 to each side. So
queries are cut into blocks of that window, and each block attends to itself and to the blocks beside it.
Short texts have one kernel for all pairs: an If decides by the width of the forward.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from isomorph_onnx.graph import CONTRIB, DTYPES, Branch

if TYPE_CHECKING:
    from isomorph_onnx.emit import Emitter

LEAST = 32
"""Positions of a block at least: with fewer the kernels are too small."""
BLOCKS = 4
"""From how many blocks on they are faster than all pairs."""
_LOW = float(np.finfo(np.float32).min / 4)  # two of them and a score stay finite


def is_long(e: Emitter, mask: str, window: int) -> str:
    """Whether a forward is wide enough, bool ()."""
    width = e.once("Squeeze", [e.once("Shape", [mask], start=1, end=2)])
    return e.once("Greater", [width, e.shared(BLOCKS * _size(window), np.int64)])


def by_blocks(
    e: Emitter, operands: tuple[str, str, str], mask: str, window: int, attrs: Mapping[str, Any]
) -> Branch:
    """q, k and v (B, T, H) -> (B, T, H), for an If of `is_long`."""
    size, hidden = _size(window), _hidden(e, mask, window)

    def make() -> str:
        q, k, v = operands
        length, whole, after = _lengths(e, q, size)
        pads = e.op("Concat", [e.numbers(0, 0, 0, 0), after, e.numbers(0)], axis=0)
        rows = e.op("Reshape", [e.op("Pad", [q, pads]), e.numbers(-1, size, 0)])
        keys, values = (_neighbours(e, x, whole, after, size) for x in (k, v))
        mixed = e.op(
            "MultiHeadAttention", [rows, keys, values, "", "", hidden], "", CONTRIB, **attrs
        )
        count = e.op("Shape", [q], start=0, end=1)
        shape = e.op("Concat", [count, whole, e.numbers(-1)], axis=0)
        joined = e.op("Reshape", [mixed, shape])
        return e.op("Slice", [joined, e.numbers(0), length, e.numbers(1)])

    return e.branch(make)


def _size(window: int) -> int:
    return max(window, LEAST)


def _lengths(e: Emitter, x: str, size: int) -> tuple[str, str, str]:
    """The width of x (B, T, …), that of whole blocks, and how much the one lacks to the other: int64 (1,)."""
    length = e.op("Shape", [x], start=1, end=2)
    blocks = e.op("Div", [e.op("Add", [length, e.numbers(size - 1)]), e.numbers(size)])
    whole = e.op("Mul", [blocks, e.numbers(size)])
    return length, whole, e.op("Sub", [whole, length])


def _neighbours(e: Emitter, x: str, whole: str, after: str, size: int) -> str:
    """x (B, T, H) -> (B blocks, 3 size, H): each block between the two beside it, zeros beyond the ends."""
    behind = e.op("Add", [after, e.numbers(size)])
    pads = e.op("Concat", [e.numbers(0, size, 0, 0), behind, e.numbers(0)], axis=0)
    padded = e.op("Pad", [x, pads])
    parts = []
    for start in (0, size, 2 * size):
        stop = e.op("Add", [whole, e.numbers(start)])
        part = e.op("Slice", [padded, e.numbers(start), stop, e.numbers(1)])
        parts.append(e.op("Reshape", [part, e.numbers(-1, size, 0)]))
    return e.op("Concat", parts, axis=1)


def _hidden(e: Emitter, mask: str, window: int) -> str:
    """What is added to the scores of all blocks, float32 (B blocks, 1, size, 3 size); made once a forward."""
    size = _size(window)

    def make() -> str:
        _, whole, after = _lengths(e, mask, size)
        real = e.op("Unsqueeze", [e.op("Cast", [mask], to=DTYPES["float32"]), e.numbers(2)])
        seen = e.op("Transpose", [_neighbours(e, real, whole, after, size)], perm=[0, 2, 1])
        lacks = e.op("Sub", [e.op("Unsqueeze", [seen, e.numbers(1)]), e.shared(1.0, np.float32)])
        masked = e.op("Mul", [lacks, e.shared(-_LOW, np.float32)])
        places = np.arange(3 * size) - size - np.arange(size)[:, None]
        band = e.constant(np.where(np.abs(places) > window, _LOW, 0.0)[None, None], np.float32)
        return e.op("Add", [masked, band])

    key = "hidden in blocks", mask, window
    return e.kept(key, lambda: _where_long(e, mask, window, e.branch(make)))


def _where_long(e: Emitter, mask: str, window: int, made: Branch) -> str:
    """What a branch makes of a long forward; a number that nobody reads of others."""
    nothing = e.branch(lambda: e.op("Identity", [e.constant(np.zeros((1, 1, 1, 1)), np.float32)]))
    return e.op("If", [is_long(e, mask, window)], then_branch=made, else_branch=nothing)
