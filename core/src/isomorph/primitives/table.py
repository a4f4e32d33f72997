"""All primitives by name."""

from __future__ import annotations

from collections.abc import Mapping

from isomorph.errors import Unsupported
from isomorph.primitives.ops import elementwise, index, nn, recurrent, reduction, routed, shape
from isomorph.primitives.primitive import Primitive

TABLE: Mapping[str, Primitive] = {
    primitive.name: primitive
    for file in (elementwise, shape, index, reduction, nn, routed, recurrent)
    for primitive in file.PRIMITIVES
}
"""What is known about each primitive."""

PRIMITIVES = frozenset(TABLE)
"""The name of every primitive there is. What it means says its function in `isomorph.primitives.ops`."""


def named(name: str) -> Primitive:
    """The primitive of a node.

    Raises:
        Unsupported: there is no such primitive.
    """
    found = TABLE.get(name)
    if found is None:
        raise Unsupported(f"There is no primitive {name!r}.")
    return found
