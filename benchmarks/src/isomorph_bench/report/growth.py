"""How rates grow with lengths, numbers of texts, callers and CPUs, beside the line that they should follow.

The line of a contender is its own best: the useful operations a second that it reaches at one place, at all
places; so many CPUs times the rate of one. Where operations are not counted tokens stand for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from isomorph_bench.machine.roofline import items_per_second
from isomorph_bench.records.row import Row
from isomorph_bench.records.run import Record

AXES = {"length": "tokens of a text", "batch": "texts of a call", "callers": "callers"}
CPUS = "CPUs"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a contender stands on an axis: items a second, and what the line says there."""

    at: float
    rate: float
    line: float

    @property
    def share(self) -> float:
        """Of the line."""
        return self.rate / self.line


def along(record: Record, axis: str) -> dict[str, list[Place]]:
    """The places of each contender on an axis of `AXES`."""
    found: dict[str, list[tuple[float, float, float]]] = {}
    for row in record.rows:
        about = record.run.workloads[row.workload]
        if about.get("axis") == axis and row.counts:
            at = float(about["median"] if axis == "length" and "median" in about else about["at"])
            place = (at, items_per_second(row, about), _work(about))
            found.setdefault(row.contender, []).append(place)
    return {name: list(_beside_best(sorted(places))) for name, places in found.items()}


def _work(about: Mapping[str, Any]) -> float:
    """Of an item."""
    return float(about.get("flops") or about.get("tokens") or about["items"]) / float(
        about["items"]
    )


def _beside_best(places: list[tuple[float, float, float]]) -> Iterator[Place]:
    best = max(rate * work for _, rate, work in places)
    for at, rate, work in places:
        yield Place(at, rate, best / work)


def with_cpus(record: Record, workload: str) -> dict[str, list[Place]]:
    """The places of each backend by the CPUs that it was held to; nothing where none was held to one."""
    held: dict[str, dict[int, Row]] = {}
    for row in record.of(workload):
        if cpus := row.asked.get("cpus"):
            held.setdefault(row.contender.partition(" on ")[0], {})[int(cpus)] = row
    about = record.run.workloads[workload]
    return {
        name: [
            Place(cpus, rate, cpus * items_per_second(rows[1], about))
            for cpus, row in sorted(rows.items())
            for rate in [items_per_second(row, about)]
        ]
        for name, rows in held.items()
        if 1 in rows
    }


def tables(record: Record) -> Iterator[tuple[list[str], list[list[str]]]]:
    """Headings and lines for each axis of a record; a cell is a rate and its share of the line."""
    for axis, label in AXES.items():
        if places := along(record, axis):
            yield _table(f"{label} (texts/s)", places)
    for name, about in record.run.workloads.items():
        if (
            not about.get("axis")
            and about["kind"] == "pass"
            and (places := with_cpus(record, name))
        ):
            yield _table(f"{CPUS} ({name}, {about['unit']}/s)", places)


def _table(label: str, places: Mapping[str, list[Place]]) -> tuple[list[str], list[list[str]]]:
    by_name = {name: {each.at: each for each in found} for name, found in places.items()}
    where = sorted({at for found in by_name.values() for at in found})
    lines = [[f"{at:,.0f}", *(_cell(found.get(at)) for found in by_name.values())] for at in where]
    return [label, *by_name], lines


def _cell(place: Place | None) -> str:
    if place is None:
        return ""
    rate = f"{place.rate:,.0f}" if place.rate >= 100 else f"{place.rate:.3g}"
    return f"{rate} ({place.share:.0%})"
