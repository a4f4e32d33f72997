"""The tables that ids index: OpenVINO reads zeros behind their ends, and says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.program import Program, tables

_PASSED = frozenset(("Convert", "Reshape", "Squeeze", "Unsqueeze"))
"""Operators that leave the ids what they are."""


def table_rows(program: Program) -> Mapping[str, int]:
    """How many rows the smallest table has that a feed indexes directly, by the feed's name."""
    return {feed: table.rows for feed, table in tables(program).items()}


def rows_in_file(model: Any) -> Mapping[str, int]:
    """The same of a model that was read from a file, by every name of its inputs."""
    rows: dict[str, int] = {}
    for node in model.get_ops():
        if node.get_type_name() != "Gather":
            continue
        table, axis = node.input_value(0), node.input_value(2).get_node()
        if axis.get_type_name() != "Constant" or int(axis.data.reshape(-1)[0]):
            continue
        shape = table.get_partial_shape()
        if shape.rank.is_dynamic or not len(shape) or shape[0].is_dynamic or not _stored(table):
            continue
        count = shape[0].get_length()
        for name in _indexed_by(node.input_value(1)):
            rows[name] = min(count, rows.get(name, count))
    return rows


def _stored(port: Any) -> bool:
    """Whether this is a constant, or what is computed of one to have its numbers in another type."""
    node = port.get_node()
    while node.get_type_name() in ("Convert", "Multiply", "Subtract", "Reshape"):
        node = node.input_value(0).get_node()
    return bool(node.get_type_name() == "Constant")


def _indexed_by(port: Any) -> frozenset[str]:
    """The names of the input that these indices are; none where they are computed."""
    node = port.get_node()
    while node.get_type_name() in _PASSED:
        port = node.input_value(0)
        node = port.get_node()
    return frozenset(port.names) if node.get_type_name() == "Parameter" else frozenset()
