"""What a record shows as curves and points."""

from __future__ import annotations

from collections.abc import Iterator

from isomorph_bench.machine.roofline import items_per_second
from isomorph_bench.records.run import Record
from isomorph_bench.report.growth import AXES, along
from isomorph_bench.report.svg import Axis, Point, Series, chart

ALIKE = 1e-4
"""Qualities that differ by less leave nothing to weigh against speed."""
FINEST = 200
"""Points of a distribution: more are nothing but bytes of the page."""


def charts(record: Record) -> Iterator[str]:
    """All figures for which the record has samples."""
    for axis, label in AXES.items():
        yield throughput(record, axis, label)
    for name, about in record.run.workloads.items():
        if about["kind"] in ("calls", "callers"):
            yield latencies(record, name)
    yield front(record)
    for name in record.run.workloads:
        yield memory(record, name)


def throughput(record: Record, axis: str, label: str) -> str:
    """Texts a second, or tokens a second where texts get longer, as long as the model takes them."""
    by_tokens = axis == "length"
    found = along(record, axis)
    unit = "tokens/s" if by_tokens else "texts/s"
    series = [
        Series(name, [(one.at, one.rate * (one.at if by_tokens else 1)) for one in places])
        for name, places in found.items()
    ]
    if found:
        best = max(found, key=lambda name: max(one.line for one in found[name]))
        line = [(one.at, one.line * (one.at if by_tokens else 1)) for one in found[best]]
        series.append(Series(f"the line of {best}", line, marked=False, ideal=True))
    return chart(f"Throughput by {label}", Axis(label, log=True), Axis(unit, log=True), series)


def latencies(record: Record, workload: str) -> str:
    """The share of calls that were answered within a time."""
    found = []
    for row in record.of(workload):
        ordered = sorted(row.calls)
        step = max(1, len(ordered) // FINEST)
        chosen = range(step - 1, len(ordered), step)
        points = [(ordered[at] * 1000, 100 * (at + 1) / len(ordered)) for at in chosen]
        found.append(Series(row.contender, points, marked=False))
    title = f"Calls answered within a time: {workload}"
    return chart(title, Axis("ms", log=True), Axis("% of calls"), found)


def front(record: Record) -> str:
    """Quality against speed, and those that nobody beats in both.

    Quality is the correlation with the scores of pairs; without pairs the lowest cosine with the reference.
    """
    rated = next((n for n, about in record.run.workloads.items() if about["kind"] == "pass"), None)
    if rated is None:
        return ""
    rows = record.of(rated)
    with_pairs = all(row.spearman is not None for row in rows)
    points = {
        row.contender: (items_per_second(row, record.run.workloads[rated]), quality)
        for row in rows
        if (quality := row.spearman if with_pairs else row.cosine) is not None
    }
    qualities = [quality for _, quality in points.values()]
    if len(points) < 2 or max(qualities) - min(qualities) < ALIKE:
        return ""
    best = unbeaten(points)
    word = "Spearman on pairs" if with_pairs else "lowest cosine"
    unit = f"{record.run.workloads[rated]['unit']}/s"
    return chart(
        f"Quality and speed: {rated}",
        Axis(unit),
        Axis(word),
        [
            Series("all", list(points.values()), joined=False, labels=list(points)),
            Series("beaten by nobody in both", [points[name] for name in best]),
        ],
    )


def unbeaten(points: dict[str, Point]) -> list[str]:
    """The names of points that no other equals in both and beats in one, the slowest first."""
    found = [
        name
        for name, (x, y) in points.items()
        if not any(a >= x and b >= y and (a, b) != (x, y) for a, b in points.values())
    ]
    return sorted(found, key=lambda name: points[name])


def memory(record: Record, workload: str) -> str:
    """What was resident in the course of a workload."""
    rows = [row for row in record.rows if row.workload == workload and len(row.resident) > 1]
    found = [
        Series(row.contender, [(at, size / 1e6) for at, size in row.resident], marked=False)
        for row in rows
    ]
    return chart(f"Memory over time: {workload}", Axis("s"), Axis("MB resident"), found)
