"""Rows that nobody reads are not computed: a ``take`` moves in front of what works row by row.

The vector of a text is often that of its first position or its last. What the last layer does behind its
attention, three quarters of its products and more, it does with each position alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from isomorph.errors import BadModel
from isomorph.primitives.footprint import ROWS, WIDTH, Shapes
from isomorph.primitives.primitive import Shape
from isomorph.primitives.program import Node, Program
from isomorph.primitives.table import named

TAKE = "take"


def taken_early(program: Program) -> Program:
    """A program of the same results, with each ``take`` as far in front as its rows allow.

    ``take(f(x, …), i)`` becomes ``f(take(x, i), …)`` where f works row by row (`Primitive.by_row`) and
    nothing else reads what f makes of all rows. A program whose shapes follow from feeds that only its
    model knows stays as it is.
    """
    if all(node.primitive != TAKE for node in program.nodes):
        return program
    shapes = Shapes(ROWS, WIDTH)
    try:
        shapes.follow(program)
    except BadModel:  # features of a feed count as one there, which fits no layer
        return program
    moving = _Moving(program, shapes.known)
    while any(moving.forward(take) for take in moving.takes()):
        pass
    return replace(program, nodes=moving.in_order())


class _Moving:
    """The nodes of a program by what they write, of which some come to stand elsewhere."""

    def __init__(self, program: Program, shapes: Mapping[str, Shape]) -> None:
        self._shapes = shapes
        self._nodes = {node.output: node for node in program.nodes}
        self._readers = Counter(name for node in program.nodes for name in node.inputs)
        self._readers.update(program.outputs.values())

    def takes(self) -> list[Node]:
        """All nodes that take rows."""
        return [node for node in self._nodes.values() if node.primitive == TAKE]

    def forward(self, take: Node) -> bool:
        """Moves a ``take`` to the other side of what it reads; whether it could."""
        source, index = take.inputs
        node = self._nodes.get(source)
        if node is None or self._readers[source] > 1 or not self._is_by_row(node):
            return False
        count = named(node.primitive).by_row
        self._remove(take)
        self._remove(node)
        rows = [self._taken(name, index) for name in node.inputs[:count]]
        self._add(replace(node, inputs=(*rows, *node.inputs[count:]), output=take.output))
        return True

    def _is_by_row(self, node: Node) -> bool:
        """Whether it works row by row here: each input has a row for each position, or is one for all."""
        shape, count = self._shapes[node.output], named(node.primitive).by_row
        each = [self._shapes[name] for name in node.inputs[:count]]
        return (
            len(shape) == 3
            and shape[1] > 1
            and any(len(own) == 3 for own in each)
            and all(len(own) < 2 or (len(own) == 3 and own[:2] == shape[:2]) for own in each)
        )

    def _taken(self, name: str, index: str) -> str:
        """The name of these rows of a value, or of a value that has none."""
        if len(self._shapes[name]) < 2:
            return name
        taken = f"{name}.{index}"
        if taken not in self._nodes:
            self._add(Node(TAKE, (name, index), taken, {}))
        return taken

    def _add(self, node: Node) -> None:
        self._nodes[node.output] = node
        self._readers.update(node.inputs)

    def _remove(self, node: Node) -> None:
        del self._nodes[node.output]
        self._readers.subtract(node.inputs)

    def in_order(self) -> tuple[Node, ...]:
        """All nodes, each behind what it reads, and otherwise as they stood."""
        done: dict[str, Node] = {}
        for output in self._nodes:
            waiting = [output]
            while waiting:
                node = self._nodes[waiting[-1]]
                missing = [each for each in node.inputs if each in self._nodes and each not in done]
                if missing:
                    waiting += missing
                else:
                    done[waiting.pop()] = node
        return tuple(done.values())
