"""Primitives that pick elements by index, or send them to one."""

from __future__ import annotations

import numpy as np

from isomorph.primitives.array import Array
from isomorph.primitives.builder import Ref
from isomorph.primitives.primitive import (
    Attrs,
    Primitive,
    Shape,
    Shapes,
    as_first,
    int64,
    same,
    second,
)


def embedding(table: Ref, ids: Ref) -> Ref:
    """Rows of `table` (V, …) at int64 `ids` of any shape -> ids.shape + table.shape[1:]."""
    return table.builder.emit("embedding", (table, ids))


def arange(x: Ref, axis: int) -> Ref:
    """0, 1, …, size of `axis` of x minus 1 -> int64, 1-D."""
    return x.builder.emit("arange", (x,), axis=axis)


def take(x: Ref, index: Ref) -> Ref:
    """Row b of x (B, T, H) at position index[b], int64 (B,) -> (B, H)."""
    return x.builder.emit("take", (x, index))


def gather_elements(x: Ref, index: Ref) -> Ref:
    """out[…, i] = x[…, index[…, i]]: x (…, N), int64 index (…, M), leading axes equal -> (…, M)."""
    return x.builder.emit("gather_elements", (x, index))


def scatter_max(x: Ref, index: Ref, size: int) -> Ref:
    """The largest value that is sent to each place: x (B, M), int64 index (B, M) -> (B, size).

    out[b, j] = max(0, x[b, i] for every i whose index[b, i] is j); 0 <= index < size.
    """
    return x.builder.emit("scatter_max", (x, index), size=size)


def scatter_sum(x: Ref, index: Ref, size: int) -> Ref:
    """out[b, i] = the sum of x[b, t] over all t where index[b, t] = i: x, int64 index (B, T) -> (B, size)."""
    return x.builder.emit("scatter_sum", (x, index), size=size)


def keep_largest(x: Ref, count: int) -> Ref:
    """x (…, N) where it is among the `count` largest of the last axis, 0 elsewhere; count <= N.

    Of equal values at the edge the first ones stay.
    """
    return x.builder.emit("keep_largest", (x,), count=count)


def _embedding(table: Array, ids: Array) -> Array:
    return np.take(table, ids, axis=0)  # copies faster than indexing does


def _rows_of_table(shapes: Shapes, attrs: Attrs) -> Shape:
    table, ids = shapes
    return ids + table[1:]


def _arange(x: Array, *, axis: int) -> Array:
    return np.arange(x.shape[axis], dtype=np.int64)


def _axis(shapes: Shapes, attrs: Attrs) -> Shape:
    return (shapes[0][attrs["axis"]],)


def _take(x: Array, index: Array) -> Array:
    return x[np.arange(len(x)), index]


def _one_each(shapes: Shapes, attrs: Attrs) -> Shape:
    return (shapes[0][0], shapes[0][-1])


def _gather_elements(x: Array, index: Array) -> Array:
    return np.asarray(np.take_along_axis(x, index, axis=-1))


def _scatter_max(x: Array, index: Array, *, size: int) -> Array:
    result = np.zeros((len(x), size), x.dtype)
    np.maximum.at(result, (np.arange(len(x))[:, None], index), x)
    return result


def _scatter_sum(x: Array, index: Array, *, size: int) -> Array:
    result = np.zeros((len(x), size), x.dtype)
    np.add.at(result, (np.arange(len(x))[:, None], index), x)
    return result


def _places(shapes: Shapes, attrs: Attrs) -> Shape:
    return (shapes[0][0], attrs["size"])


def _keep_largest(x: Array, *, count: int) -> Array:
    """A stable sort of the negated values, so that of equal ones the first stay."""
    kept = np.argsort(-x, axis=-1, kind="stable")[..., :count]
    result = np.zeros_like(x)
    np.put_along_axis(result, kept, np.take_along_axis(x, kept, -1), -1)
    return result


PRIMITIVES = (
    Primitive("embedding", _embedding, _rows_of_table, as_first),
    Primitive("arange", _arange, _axis, int64),
    Primitive("take", _take, _one_each, as_first),
    Primitive("gather_elements", _gather_elements, second, as_first),
    Primitive("scatter_max", _scatter_max, _places, as_first),
    Primitive("scatter_sum", _scatter_sum, _places, as_first),
    Primitive("keep_largest", _keep_largest, same, as_first),
)
