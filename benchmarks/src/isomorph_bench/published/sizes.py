"""Models of other sizes and tasks, a line a contender, and what grows with lengths, texts and CPUs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from isomorph_bench.machine.roofline import items_per_second, share
from isomorph_bench.records.row import Row
from isomorph_bench.records.run import Record
from isomorph_bench.report.figures import compare, contenders
from isomorph_bench.report.growth import tables
from isomorph_bench.report.markdown import rows as drawn
from isomorph_bench.shapes import SHAPE

HEADINGS = (
    "model", "contender", "one call, p50", "many in a call", "of sgemm", "times the best peer",
    "peak MB", "differs by",
)  # fmt: skip


def section(records: Sequence[Record]) -> str:
    """All tables; nothing where no record has such a model or anything that grows."""
    latest = {_name(each): each for each in records if not each.run.stopped}
    shaped = [each for each in latest.values() if _name(each)[0].startswith(SHAPE)]
    lines = [line for record in shaped for line in _lines(record)]
    text = [*drawn(HEADINGS, lines), "", *(f"* {line}" for line in _voids(shaped))] if lines else []
    for record in latest.values():
        for headings, cells in tables(record):
            text += ["", f"{_short(record)}, {headings[0]}:", ""]
            text += drawn([headings[0].partition(" (")[0], *headings[1:]], cells)
    return "\n".join(text)


def _name(record: Record) -> tuple[str, str]:
    """Of what is measured: the model, and what it was asked."""
    asked = [*record.run.order.get("workloads", ()), *record.run.order.get("cores", ())]
    return str(record.run.model.get("name")), " ".join(map(str, asked))


def _short(record: Record) -> str:
    return str(record.run.model.get("name")).removeprefix(SHAPE)


def _lines(record: Record) -> Iterator[list[str]]:
    plain = {name: each for name, each in record.run.workloads.items() if not each.get("axis")}
    called = next((name for name, each in plain.items() if each["kind"] == "calls"), "")
    passed = [name for name, each in plain.items() if each["kind"] == "pass"]
    if not (called or passed) or record.run.order.get("cores"):
        return
    images = (name for name in passed if plain[name].get("unit") == "images")
    rated = next(images, passed[-1] if passed else called)
    for place, (name, rows) in enumerate(contenders(record).items()):
        by_name = {row.workload: row for row in rows}
        if not any(row.counts for row in rows):
            continue
        yield [
            _short(record) if not place else "",
            name,
            _milliseconds(by_name.get(called)),
            "; ".join(_rate(by_name.get(each), each, plain[each]) for each in passed),
            _share(by_name.get(rated), record),
            _times(name, record, rated),
            _peak(rows),
            f"{max((row.gap for row in rows if row.gap is not None), default=0.0):.0e}",
        ]


def _milliseconds(row: Row | None) -> str:
    return f"{row.percentile(50) * 1000:.1f} ms" if row is not None and row.counts else ""


def _rate(row: Row | None, name: str, about: Mapping[str, Any]) -> str:
    if row is None or not row.counts:
        return f"{name}: void"
    rate = items_per_second(row, about)
    return f"{name}: {rate:,.0f}" if rate >= 100 else f"{name}: {rate:.1f}"


def _share(row: Row | None, record: Record) -> str:
    if row is None:
        return ""
    found = share(row, record.run.workloads[row.workload], record.run.machine)
    return "" if found is None or found.arithmetic is None else f"{found.arithmetic:.0%}"


def _times(name: str, record: Record, workload: str) -> str:
    found = [each for each in compare(record, workload) if each.ours == name]
    return f"{workload}: {found[0].ratios[found[0].best]}" if found else ""


def _peak(rows: Sequence[Row]) -> str:
    peaks = [float(row.report["peak"]) for row in rows if row.report.get("peak")]
    return f"{max(peaks) / 1e6:,.0f}" if peaks else ""


def _voids(records: Sequence[Record]) -> Iterator[str]:
    """Who has no figure, by the reason; a contender that never had one is named once."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for record in records:
        for row in record.rows:
            if row.void:
                places = reasons.setdefault((row.contender, row.void), [])
                if _short(record) not in places:
                    places.append(_short(record))
    for (name, why), models in reasons.items():
        yield f"{name}, void of {', '.join(models)}: {why}"
