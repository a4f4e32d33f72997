"""How many bytes the values of a forward take where they are together at most, weights aside."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

from isomorph.primitives.program import Node, Program
from isomorph.primitives.shapes import Shape, shape_of

_INT64, _FLOAT32 = 8, 4
_VIEWS = frozenset(["reshape", "squeeze", "unsqueeze"])
"""Primitives whose results are their inputs under another shape."""
_INDICES = frozenset(["arange", "argmax", "cumsum"])


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
    kinds = dict.fromkeys(program.feeds, _INT64)
    live = {name: prod(shapes[name]) * _INT64 for name in program.feeds}
    held: int = sum(live.values())
    most = held
    for index, node in enumerate(program.nodes):
        shape = shapes[node.output] = shape_of(node, shapes)
        kind = kinds[node.output] = _bytes_each(node, kinds)
        own = 0 if node.primitive in _VIEWS else prod(shape) * kind
        live[node.output] = own
        held += own
        most = max(most, held + _scratch(node, shapes))
        if node.primitive in _VIEWS:  # the memory of a view lives as long as the view
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
    """The shape of a feed; ragged ids are as many tokens as rows and width make."""
    if program.feeds[name].rank == 1:
        return (rows * width,) if name == "input_ids" else (rows,)
    return (rows, width)


def _bytes_each(node: Node, kinds: Mapping[str, int]) -> int:
    if node.primitive == "compare":
        return 1
    if node.primitive in _INDICES:
        return _INT64
    if node.primitive == "cast":
        return _INT64 if node.attrs["dtype"] == "int64" else _FLOAT32
    sizes = [kinds[name] for name in node.inputs if name in kinds]
    if node.primitive in ("embedding", "linear", "attention", "where", "take", "segment_mean"):
        return _FLOAT32
    return sizes[0] if sizes else _FLOAT32


def _scratch(node: Node, shapes: Mapping[str, Shape]) -> int:
    """What a primitive needs beside its result while it runs."""
    if node.primitive == "attention":
        rows, width, _ = shapes[node.inputs[0]]
        pairs: int = rows * node.attrs["heads"] * width * width
        return pairs * _FLOAT32
    if node.primitive == "conv1d":
        return prod(shapes[node.inputs[0]]) * shapes[node.inputs[1]][2] * _FLOAT32
    return 0
