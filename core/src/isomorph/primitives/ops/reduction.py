"""Primitives that make one value of many along an axis, or of all up to each."""

from __future__ import annotations

from typing import Literal

import numpy as np

from isomorph.primitives.array import Array
from isomorph.primitives.builder import Ref
from isomorph.primitives.primitive import Attrs, Primitive, Shape, Shapes, as_first, int64, same


def reduce(x: Ref, kind: Literal["sum", "max"], axis: int, keepdims: bool = False) -> Ref:
    """Sum (float32 or int64) or maximum (float32) over one axis."""
    return x.builder.emit("reduce", (x,), kind=kind, axis=axis, keepdims=keepdims)


def cumsum(x: Ref, axis: int) -> Ref:
    """Inclusive running sum of int64 values."""
    return x.builder.emit("cumsum", (x,), axis=axis)


def argmax(x: Ref, axis: int) -> Ref:
    """Index of the first largest int64 value along `axis`, which is removed -> int64."""
    return x.builder.emit("argmax", (x,), axis=axis)


def segment_mean(x: Ref, offsets: Ref) -> Ref:
    """Means of consecutive rows: x (N, H), int64 offsets (B,) of each segment's first row -> (B, H).

    An empty segment gives zeros.
    """
    return x.builder.emit("segment_mean", (x, offsets))


def _reduce(x: Array, *, kind: str, axis: int, keepdims: bool) -> Array:
    folded = np.sum if kind == "sum" else np.max
    return np.asarray(folded(x, axis=axis, keepdims=keepdims), x.dtype)


def _reduced(shapes: Shapes, attrs: Attrs) -> Shape:
    axis = attrs["axis"] % len(shapes[0])
    middle = (1,) if attrs.get("keepdims") else ()
    return (*shapes[0][:axis], *middle, *shapes[0][axis + 1 :])


def _cumsum(x: Array, *, axis: int) -> Array:
    return np.cumsum(x, axis=axis)


def _argmax(x: Array, *, axis: int) -> Array:
    return np.asarray(np.argmax(x, axis=axis))


def _segment_mean(x: Array, offsets: Array) -> Array:
    """Mean of x[offsets[b]:offsets[b + 1]] for every b; zeros where that is empty.

    Neighbouring segments of equal length are one reduction: numpy's `reduceat` takes several times
    as long, and so does a call a segment. Batches are sorted by length, so there are few of them.
    """
    counts = np.diff(offsets, append=len(x))
    result = np.zeros((len(offsets), x.shape[-1]), x.dtype)
    edges = np.flatnonzero(np.diff(counts)) + 1
    for begin, end in zip([0, *edges.tolist()], [*edges.tolist(), len(offsets)], strict=True):
        if begin == end or not counts[begin]:
            continue
        count, first = int(counts[begin]), int(offsets[begin])
        rows = x[first : first + count * (end - begin)].reshape(end - begin, count, -1)
        np.divide(rows.sum(axis=1), count, out=result[begin:end])
    return result


def _segments(shapes: Shapes, attrs: Attrs) -> Shape:
    return (shapes[1][0], shapes[0][1])


PRIMITIVES = (
    Primitive("reduce", _reduce, _reduced, as_first),
    Primitive("cumsum", _cumsum, same, as_first),
    Primitive("argmax", _argmax, _reduced, int64),
    Primitive("segment_mean", _segment_mean, _segments, as_first),
)
