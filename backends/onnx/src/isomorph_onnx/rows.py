"""Values (…, H) as rows (N, H), which is what products are of.

Between two products nothing needs the other axes: sums, norms and activations are the same of rows. So
values stay rows, and get their axes back only for an operator that asks for them. For a single text every
operator that is left out counts: changing a shape takes as long as adding a few numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isomorph_onnx.emit import Emitter

BY_ROW = frozenset("activation add divide layer_norm maximum multiply rms_norm subtract".split())
"""Primitives of which each row of the result depends on the same row of the inputs alone."""

OF_ROWS = frozenset(["linear", "experts"])
"""Primitives whose emitters ask for the rows of their inputs themselves."""


@dataclass(frozen=True, slots=True)
class Rows:
    """`name` holds a value as (N, width); its other axes are those of the value `like`."""

    name: str
    width: int
    like: str


class RowsOfValues:
    """The values of a program that exist as rows; those of `_only` do not exist otherwise yet."""

    def __init__(self, emitter: Emitter) -> None:
        self._emitter = emitter
        self._rows: dict[str, Rows] = {}
        self._only: set[str] = set()
        self._like: dict[str, str] = {}

    def of(self, value: str, width: int) -> Rows:
        """A value (…, width) as rows."""
        if value not in self._rows:
            shape = self._emitter.numbers(-1, width)
            name = self._emitter.op("Reshape", [value, shape])
            self._rows[value] = Rows(name, width, self._like.get(value, value))
        return self._rows[value]

    def put(self, value: str, width: int, like: str) -> str:
        """The name under which an operator is to write the rows of a value."""
        self._rows[value] = Rows(self._emitter.name(), width, like)
        self._only.add(value)
        return self._rows[value].name

    def of_all(self, values: Sequence[str]) -> list[Rows] | None:
        """Rows of values that all exist so, with the same other axes; else None."""
        found = [self._rows[value] for value in values if value in self._rows]
        same = len({rows.like for rows in found}) == 1
        return found if same and len(found) == len(values) else None

    def have_axes_of(self, value: str, other: str) -> None:
        """Says that two values differ in their last axis at most."""
        rows = self._rows.get(other)
        self._like[value] = rows.like if rows else self._like.get(other, other)

    def whole(self, value: str) -> None:
        """Makes the value with all its axes, if only its rows are there."""
        if value not in self._only:
            return
        self._only.remove(value)
        rows, e = self._rows[value], self._emitter
        leading = e.once("Shape", [rows.like], start=0, end=-1)
        shape = e.once("Concat", [leading, e.numbers(rows.width)], axis=0)
        e.op("Reshape", [rows.name, shape], value)
