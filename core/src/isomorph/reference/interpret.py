"""Running a program with the numpy kernels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from isomorph.files.tensor import Tensor
from isomorph.primitives.array import Array
from isomorph.primitives.program import Node, Program
from isomorph.primitives.table import named


class Interpreter:
    """Runs one program any number of times. Weights are mapped on first use and kept mapped.

    `watch` is told of each primitive: the node, its inputs, and its result.
    """

    def __init__(
        self,
        program: Program,
        watch: Callable[[Node, Sequence[Any], Array], None] | None = None,
    ) -> None:
        self._program = program
        self._watch = watch
        self._constants: dict[str, Array] = {}
        self._last_use = {
            name: index for index, node in enumerate(program.nodes) for name in node.inputs
        }
        self._kept = frozenset(program.outputs.values())
        self._tables = _tables(program)

    def run(self, feeds: Mapping[str, Array]) -> dict[str, Array]:
        """Values by the names of the program's outputs; feeds are not written to."""
        values: dict[str, Any] = {name: feeds[name] for name in self._program.feeds}
        for index, node in enumerate(self._program.nodes):
            inputs = [self._value(name, values) for name in node.inputs]
            result = named(node.primitive).kernel(*inputs, **node.attrs)
            stored = self._tables.get(node.inputs[0]) if node.inputs else None
            values[node.output] = result if stored is None else stored.widen(result)
            if self._watch is not None:
                self._watch(node, inputs, values[node.output])
            for name in node.inputs:  # frees what nobody reads again
                if self._last_use[name] == index and name not in self._kept:
                    values.pop(name, None)
        return {
            name: np.asarray(self._value(source, values), order="C")
            for name, source in self._program.outputs.items()
        }

    def _value(self, name: str, values: Mapping[str, Any]) -> Any:
        if not name:
            return None
        if name in values:
            return values[name]
        constant = self._constants.get(name)
        if constant is None:
            stored = self._program.constants[name]
            if isinstance(stored, Tensor):
                constant = stored.raw() if name in self._tables else stored.numpy()
                constant = np.require(constant, requirements="A")  # else every use copies it
            else:
                constant = stored
            self._constants[name] = constant
        return constant


def _tables(program: Program) -> dict[str, Tensor]:
    """Stored tensors from which rows are gathered and nothing else: only those rows are widened."""
    others = {
        name
        for node in program.nodes
        for place, name in enumerate(node.inputs)
        if node.primitive != "embedding" or place
    }
    others.update(program.outputs.values())
    return {
        node.inputs[0]: stored
        for node in program.nodes
        if node.primitive == "embedding" and node.inputs[0] not in others
        for stored in [program.constants.get(node.inputs[0])]
        if isinstance(stored, Tensor)
    }
