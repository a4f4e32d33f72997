"""The tables of a program from which rows are taken by what is fed: how many rows there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from isomorph.primitives.program import Program


@dataclass(frozen=True, slots=True)
class Table:
    """The name of a table, behind that of its module, and the number of its rows."""

    name: str
    rows: int


def tables(program: Program) -> Mapping[str, Table]:
    """The smallest table that each feed indexes as it is, by the name of the feed."""
    found: dict[str, Table] = {}
    for node in program.nodes:
        if node.primitive != "embedding":
            continue
        table, index = node.inputs
        if index in program.feeds and table in program.constants:
            known = Table(table, program.constants[table].shape[0])
            found[index] = min(known, found.get(index, known), key=lambda each: each.rows)
    return found
