"""What is known about a primitive, and the rules of shape and type that several of them share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from isomorph.errors import BadModel
from isomorph.primitives.array import Array

Shape = tuple[int, ...]
Shapes = Sequence[Shape]
Kinds = Sequence[str]
Attrs = Mapping[str, Any]


def nothing(shapes: Shapes, attrs: Attrs) -> int:
    """A primitive that needs no memory beside its result."""
    return 0


@dataclass(frozen=True, slots=True)
class Primitive:
    """A primitive. Rules get what the inputs have, those left out omitted, and the attributes."""

    name: str
    """Its name in a `Node`, which is that of its function in `isomorph.primitives.ops`."""

    kernel: Callable[..., Array]
    """What it computes, in numpy: `kernel(*inputs, **attrs)`, with None for an input left out."""

    shape: Callable[[Shapes, Attrs], Shape]
    """The shape of the result. Raises BadModel where the inputs do not fit each other."""

    gives: Callable[[Kinds, Attrs], str]
    """The type of the result: ``"float32"``, ``"int64"``, ``"bool"``."""

    scratch: Callable[[Shapes, Attrs], int] = nothing
    """Bytes that it needs beside its result while it runs."""

    view: bool = False
    """Whether the result is the first input under another shape, without memory of its own."""

    by_row: int = 0
    """How many of its first inputs, of float32, it reads row by row along their last axis; 0 for none.

    A row of the result is made of the same row of each of these, and of all of the other inputs.
    """


def joint(shapes: Shapes, attrs: Attrs) -> Shape:
    """numpy's broadcasting."""
    return np.broadcast_shapes(*shapes)


def same(shapes: Shapes, attrs: Attrs) -> Shape:
    """The first input's."""
    return shapes[0]


def second(shapes: Shapes, attrs: Attrs) -> Shape:
    """The second input's."""
    return shapes[1]


def fit(shapes: Shapes, own: int, other: int) -> None:
    """The sizes of one axis that two inputs must share.

    Raises:
        BadModel: they differ.
    """
    if own != other:
        inputs = " and ".join(map(str, shapes))
        raise BadModel(
            f"Values of {inputs} do not fit each other: {own} features, and {other} are read."
        )


def float32(kinds: Kinds, attrs: Attrs) -> str:
    """Always float32."""
    return "float32"


def int64(kinds: Kinds, attrs: Attrs) -> str:
    """Always int64."""
    return "int64"


def boolean(kinds: Kinds, attrs: Attrs) -> str:
    """Always bool."""
    return "bool"


def as_first(kinds: Kinds, attrs: Attrs) -> str:
    """The first input's."""
    return kinds[0]


def as_second(kinds: Kinds, attrs: Attrs) -> str:
    """The second input's."""
    return kinds[1]
