"""Choices between whole numbers, made by arithmetic: the CPU plugin's own may be wrong with AVX2.

Its Select of whole numbers compares the condition, 0 or 1, as if the bits were a float's. As a float, 1 is a
denormal: where those count as zeros, release 2026.4 takes the second branch everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Node = Any
Output = Any
Opset = Any


def chosen(op: Opset, condition: Output, a: Output, b: Output) -> Node:
    """`a` where the condition holds and `b` elsewhere, for whole numbers of one type."""
    holds = op.convert(condition, a.get_element_type())
    return op.add(b, op.multiply(holds, op.subtract(a, b)))


def rewrite_choices(op: Opset, model: Any) -> None:
    """Replaces each Select of whole numbers in a model that was read from a file, bodies included."""
    for node in list(_selects(model)):
        node.output(0).replace(chosen(op, *node.input_values()).output(0))


def _selects(model: Any) -> Iterator[Node]:
    for node in model.get_ops():
        name = node.get_type_name()
        if name == "Select" and _is_whole(node.get_output_element_type(0)):
            yield node
        for body in _BODIES.get(name, ()):
            yield from _selects(getattr(node, body)())


def _is_whole(kind: Any) -> bool:
    return bool(kind.is_integral()) and kind.get_type_name() != "boolean"


_BODIES = {
    "If": ("get_then_body", "get_else_body"),
    "Loop": ("get_function",),
    "TensorIterator": ("get_function",),
}
