"""A suite: orders in a file of TOML, each run into one record; ours names the sizes that people use."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from isomorph.errors import InputError
from isomorph_bench.order import Order, order_of
from isomorph_bench.records.lines import read
from isomorph_bench.records.run import Record

SIZES = Path(__file__).parent / "suites" / "sizes.toml"
"""Published sizes with random weights, and what grows with texts, lengths and callers."""


def orders(file: Path) -> list[Order]:
    """The orders of a suite, each an ``[[order]]`` with the names of `Order`; ``[all]`` holds for every one.

    Raises:
        InputError: the file cannot be read, or one of its orders asks for what nobody knows.
    """
    try:
        told = tomllib.loads(file.read_text("utf-8"))
        shared, listed = told.get("all", {}), told["order"]
    except (OSError, ValueError, KeyError) as cause:
        raise InputError(f"{file} is no suite: {cause}. It needs [[order]] entries.") from cause
    return [order_of({**shared, **each}) for each in listed]


def left(asked: list[Order], done: Path | None) -> Iterator[Order]:
    """Those that have no record yet in a file, so that a suite that was stopped goes on."""
    there = [_key(record.run.order) for record in read(done)] if done and done.is_file() else []
    yield from (order for order in asked if _key(order.as_data()) not in there)


def _key(order: Mapping[str, Any]) -> str:
    return repr(sorted((name, _plain(value)) for name, value in order.items()))


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def shortened(asked: list[Order]) -> list[Order]:
    """The same in little, to see whether they work."""
    return [replace(order, quick=True) for order in asked]


def voids(record: Record) -> bool:
    """Whether figures of ours do not count."""
    return any(row.ours and row.void for row in record.rows)
