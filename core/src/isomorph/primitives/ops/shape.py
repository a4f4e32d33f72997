"""Primitives that move elements and change none."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from isomorph.primitives.array import Array
from isomorph.primitives.builder import Ref
from isomorph.primitives.primitive import Attrs, Primitive, Shape, Shapes, as_first


def reshape(x: Ref, shape: Sequence[int]) -> Ref:
    """Another shape of the same elements; 0 keeps the size of that axis of x, one -1 is what is left."""
    return x.builder.emit("reshape", (x,), shape=tuple(shape))


def transpose(x: Ref, perm: Sequence[int]) -> Ref:
    """Axes in another order."""
    return x.builder.emit("transpose", (x,), perm=tuple(perm))


def unsqueeze(x: Ref, axis: int) -> Ref:
    """A new axis of size 1."""
    return x.builder.emit("unsqueeze", (x,), axis=axis)


def squeeze(x: Ref, axis: int) -> Ref:
    """Without an axis of size 1."""
    return x.builder.emit("squeeze", (x,), axis=axis)


def concat(values: Sequence[Ref], axis: int) -> Ref:
    """Joined along an existing axis."""
    return values[0].builder.emit("concat", tuple(values), axis=axis)


def _reshape(x: Array, *, shape: tuple[int, ...]) -> Array:
    return np.asarray(x.reshape([x.shape[i] if n == 0 else n for i, n in enumerate(shape)]))


def _reshaped(shapes: Shapes, attrs: Attrs) -> Shape:
    (own,) = shapes
    wanted = [own[axis] if size == 0 else size for axis, size in enumerate(attrs["shape"])]
    known = prod(size for size in wanted if size != -1)
    return tuple(prod(own) // max(1, known) if size == -1 else size for size in wanted)


def _transpose(x: Array, *, perm: tuple[int, ...]) -> Array:
    return np.transpose(x, perm)


def _transposed(shapes: Shapes, attrs: Attrs) -> Shape:
    return tuple(shapes[0][axis] for axis in attrs["perm"])


def _unsqueeze(x: Array, *, axis: int) -> Array:
    return np.expand_dims(x, axis)


def _unsqueezed(shapes: Shapes, attrs: Attrs) -> Shape:
    axis = attrs["axis"] % (len(shapes[0]) + 1)
    return (*shapes[0][:axis], 1, *shapes[0][axis:])


def _squeeze(x: Array, *, axis: int) -> Array:
    return np.squeeze(x, axis)


def _squeezed(shapes: Shapes, attrs: Attrs) -> Shape:
    axis = attrs["axis"] % len(shapes[0])
    return (*shapes[0][:axis], *shapes[0][axis + 1 :])


def _concat(*values: Array, axis: int) -> Array:
    return np.concatenate(values, axis)


def _joined(shapes: Shapes, attrs: Attrs) -> Shape:
    axis = attrs["axis"] % len(shapes[0])
    size = sum(each[axis] for each in shapes)
    return (*shapes[0][:axis], size, *shapes[0][axis + 1 :])


PRIMITIVES = (
    Primitive("reshape", _reshape, _reshaped, as_first, view=True),
    Primitive("transpose", _transpose, _transposed, as_first),
    Primitive("unsqueeze", _unsqueeze, _unsqueezed, as_first, view=True),
    Primitive("squeeze", _squeeze, _squeezed, as_first, view=True),
    Primitive("concat", _concat, _joined, as_first),
)
