"""How many bytes the values of a forward take where they are together at most, weights aside."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from numpy.typing import NDArray

from isomorph.files.tensor import Tensor
from isomorph.primitives.primitive import Shape
from isomorph.primitives.program import Node, Program
from isomorph.primitives.table import named

_SIZES = {"float32": 4, "int64": 8, "int32": 4, "int16": 2, "int8": 1, "bool": 1}
"""Bytes of an element."""
_STORED = {
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U8": "int8",
    "BOOL": "bool",
}
"""The types of stored tensors that do not become float32."""


def shape_of(node: Node, shapes: Mapping[str, Shape]) -> Shape:
    """The shape of what a node computes; `shapes` holds those of its inputs.

    Raises:
        BadModel: the inputs do not fit each other.
        Unsupported: there is no such primitive.
    """
    given = [shapes[name] for name in node.inputs if name]
    return named(node.primitive).shape(given, node.attrs)


def footprint(program: Program, rows: int, width: int) -> int:
    """Bytes of all values that are needed at once, at the worst moment of one forward.

    Every primitive writes into memory of its own, which is free again after the last one that reads
    it; attention holds the weights of all its pairs. What an engine fuses takes less, and its allocator
    takes more.
    """
    shapes = {name: tuple(constant.shape) for name, constant in program.constants.items()}
    shapes |= {name: _fed(name, program, rows, width) for name in program.feeds}
    last = {name: index for index, node in enumerate(program.nodes) for name in node.inputs}
    last |= dict.fromkeys(program.outputs.values(), len(program.nodes))
    kinds = {name: _kind(constant) for name, constant in program.constants.items()}
    kinds |= {name: feed.dtype for name, feed in program.feeds.items()}
    live = {name: prod(shapes[name]) * _SIZES[kinds[name]] for name in program.feeds}
    held: int = sum(live.values())
    most = held
    for index, node in enumerate(program.nodes):
        primitive, inputs = named(node.primitive), [name for name in node.inputs if name]
        given = [shapes[name] for name in inputs]
        shape = shapes[node.output] = primitive.shape(given, node.attrs)
        kind = kinds[node.output] = primitive.gives([kinds[name] for name in inputs], node.attrs)
        own = 0 if primitive.view else prod(shape) * _SIZES[kind]
        live[node.output] = own
        held += own
        most = max(most, held + primitive.scratch(given, node.attrs))
        if primitive.view:  # the memory of a view lives as long as the view
            source = node.inputs[0]
            if source in live and last[source] == index:
                live[node.output] = live.pop(source)
            continue
        for name in {*node.inputs, node.output}:
            if last.get(name, index) == index:
                held -= live.pop(name, 0)
    return most


def outputs(program: Program, rows: int, width: int) -> Mapping[str, Shape]:
    """The shapes of what a forward promises, by name."""
    shapes = Shapes(rows, width)
    shapes.follow(program)
    return {name: shapes.known[value] for name, value in program.outputs.items()}


ROWS, WIDTH = 2, 3
"""A forward whose shapes tell its axes apart: no size that a model might have too, or broadcast."""


class Shapes:
    """The shapes of a program's values by name; of a program that grows, more of them each time."""

    def __init__(self, rows: int, width: int) -> None:
        self._rows, self._width = rows, width
        self.known: dict[str, Shape] = {}

    def follow(self, program: Program) -> None:
        """Finds the shapes of all values that are not known yet.

        Raises:
            BadModel: a value does not fit what reads it.
        """
        for name, constant in program.constants.items():
            self.known.setdefault(name, tuple(constant.shape))
        for name in program.feeds:
            self.known.setdefault(name, _fed(name, program, self._rows, self._width))
        for node in program.nodes:
            if node.output not in self.known:
                self.known[node.output] = shape_of(node, self.known)


def _fed(name: str, program: Program, rows: int, width: int) -> Shape:
    """The shape of a feed; rows end to end have as many positions as rows and width make.

    Of images among tokens there is one a row, as long as the row. A size that only the model knows counts as
    one: nothing else is known of it.
    """
    sizes = {"rows": rows, "width": width, "tokens": rows * width, "images": rows, "cells": width}
    axes = program.feeds[name].axes
    return tuple(axis if isinstance(axis, int) else sizes.get(axis, 1) for axis in axes)


def _kind(constant: Tensor | NDArray[Any]) -> str:
    """The type of a constant, as a kernel gets it."""
    if isinstance(constant, Tensor):
        return _STORED.get(constant.dtype, "float32")
    return "float32" if constant.dtype.kind == "f" else str(constant.dtype)
