"""The figures of a record as words, for every kind of page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from isomorph_bench.machine.roofline import items_per_second, share
from isomorph_bench.records.intervals import Interval, paired
from isomorph_bench.records.row import Row
from isomorph_bench.records.run import Record
from isomorph_bench.workloads.suites import RATED

WORDS = ("contender", "workload", "ours", "best peer", "to the others")
"""Columns of words; the others hold numbers."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One of ours against the peers in one workload. `goal` is None where nothing was promised."""

    workload: str
    ours: str
    best: str
    ratios: Mapping[str, Interval]
    """How many times as fast ours is, by the names of peers."""
    goal: float | None = None


def contenders(record: Record) -> dict[str, list[Row]]:
    """The rows of each contender, in the order of the record."""
    found: dict[str, list[Row]] = {}
    for row in record.rows:
        found.setdefault(row.contender, []).append(row)
    return found


def table(record: Record) -> tuple[list[str], list[list[str]]]:
    """Headings, and a line a contender. Where its figures do not count, its reason is among `notes`.

    What grows along an axis has tables of its own.
    """
    workloads = {name: each for name, each in record.run.workloads.items() if not each.get("axis")}
    lines = []
    for name, rows in contenders(record).items():
        by_name = {row.workload: row for row in rows}
        cells = [cell(by_name.get(each), about) for each, about in workloads.items()]
        lines.append([name, *cells, *_more(rows, record)])
    headings = ["contender", *(heading(name, about) for name, about in workloads.items())]
    headings += ["GFLOP/s", "of sgemm", "padding", "peak MB", "differs by", "cosine", "Spearman"]
    return _without_empty(headings, lines)


def heading(name: str, workload: Mapping[str, Any]) -> str:
    """A workload with its unit."""
    if workload["kind"] == "start":
        return f"{name} (ms)"
    if workload["kind"] == "calls":
        return f"{name} (p50 / p95 / p99 ms)"
    return f"{name} ({workload['unit']}/s)"


def cell(row: Row | None, workload: Mapping[str, Any]) -> str:
    """One contender's figure."""
    if row is None:
        return ""
    if not row.counts:
        return "void"
    if workload["kind"] == "start":
        return f"{row.middle * 1000:,.0f}"
    if workload["kind"] == "calls":
        return " / ".join(f"{row.percentile(percent) * 1000:.1f}" for percent in (50, 95, 99))
    rate = items_per_second(row, workload)
    return f"{rate:,.0f}" if rate >= 1000 else f"{rate:.1f}"


def _more(rows: Sequence[Row], record: Record) -> list[str]:
    """Of one contender: rate, share of arithmetic, padding, memory, agreement and quality."""
    rated = next((row for name in RATED for row in rows if row.workload == name), None)
    found = (
        share(rated, record.run.workloads[rated.workload], record.run.machine) if rated else None
    )
    peaks = [row.report["peak"] for row in rows if row.report.get("peak")]
    gaps = [row.gap for row in rows if row.gap is not None]
    cosines = [row.cosine for row in rows if row.cosine is not None and row.asked.get("weights")]
    spearmans = [row.spearman for row in rows if row.spearman is not None]
    return [
        f"{found.flops / 1e9:,.0f}" if found else "",
        f"{found.arithmetic:.0%}" if found and found.arithmetic is not None else "",
        padding(rated),
        f"{max(peaks) / 1e6:,.0f}" if peaks else "",
        f"{max(gaps):.1e}" if gaps else "",
        f"{min(cosines):.4f}" if cosines else "",
        f"{spearmans[0]:.4f}" if spearmans else "",
    ]


def padding(row: Row | None) -> str:
    """The share of computed positions that held no token, of the last call."""
    if row is None or not row.report.get("tokens"):
        return ""
    wasted = row.report["padding"]
    return f"{wasted / (row.report['tokens'] + wasted):.1%}"


def _without_empty(
    headings: list[str], lines: list[list[str]]
) -> tuple[list[str], list[list[str]]]:
    kept = [at for at in range(len(headings)) if any(line[at] for line in lines)]
    return [headings[at] for at in kept], [[line[at] for at in kept] for line in lines]


def compare(record: Record, workload: str) -> list[Comparison]:
    """Ours in the order of their speed; nothing where no peer's figures count."""
    counting = record.of(workload)
    peers = {row.contender: row for row in counting if not row.ours}
    if not peers:
        return []
    goals = (*record.run.workloads[workload].get("goals", ()), *[None] * len(counting))
    return [
        Comparison(
            workload,
            row.contender,
            next(iter(peers)),
            {name: paired(row.by_round, peer.by_round) for name, peer in peers.items()},
            goal,
        )
        for row, goal in zip((row for row in counting if row.ours), goals, strict=False)
    ]


def ratios(record: Record) -> tuple[list[str], list[list[str]]]:
    """Headings, and a line for each of ours in each workload: medians with their intervals."""
    lines = []
    for workload in record.run.workloads:
        for one in compare(record, workload):
            others = ", ".join(
                f"{name} {ratio.middle:.2f}"
                for name, ratio in one.ratios.items()
                if name != one.best
            )
            goal = "" if one.goal is None else f"{one.goal:.2f}"
            lines.append([workload, one.ours, str(one.ratios[one.best]), goal, one.best, others])
    return ["workload", "ours", "times as fast", "goal", "best peer", "to the others"], lines


def notes(record: Record) -> Iterator[str]:
    """Who the contenders are, with their versions, and why figures do not count."""
    if record.run.stopped:
        yield f"The run was {record.run.stopped}: what it was asked beyond these rows is not there."
    for name, rows in contenders(record).items():
        told = next((row.report for row in rows if "engine" in row.report), None)
        if told:
            yield f"{name}: {told['engine']} on {told.get('device', 'an unknown device')}"
        reasons: dict[str, list[str]] = {}
        for row in rows:
            if row.void:
                reasons.setdefault(row.void, []).append(row.workload)
        for why, names in reasons.items():
            yield f"{name}, void in {', '.join(names)}: {why}"


def facts(record: Record) -> Iterator[str]:
    """What the figures were measured on, and of workloads of single texts the limits of the machine."""
    machine = record.run.machine
    limits = machine.get("limits") or {}
    yield (
        f"{record.run.model.get('name')} on {machine.get('cpu')}, {machine.get('cpus')} CPUs in effect, "
        f"{machine.get('system')}, Python {machine.get('python')}"
    )
    if limits:
        lowest = f", {limits['sgemm_lowest']:.0f} at worst" if limits.get("busy") else ""
        yield (
            f"sgemm {limits['sgemm_gflops']:.0f} GFLOP/s (one thread a CPU, side by side{lowest}), memory "
            f"read {limits['read_gbytes']:.1f} GB/s (likewise), copy {limits['copy_gbytes']:.1f} GB/s"
        )
    for name, about in record.run.workloads.items():
        yield f"{name}: {about['items']} {about['unit']}" + _lengths(about)
        if about["kind"] == "calls" and limits and "weight_bytes" in about:
            yield _floor(about, limits)
    if limits.get("busy"):
        yield "The machine was busy with other work: only compare rows with each other."


def _lengths(about: Mapping[str, Any]) -> str:
    if "tokens" not in about:
        return f", {about['fingerprint']}"
    return f" of {about['median']} tokens in the median, {about['tokens']:,} in all, {about['fingerprint']}"


def _floor(about: Mapping[str, Any], limits: Mapping[str, Any]) -> str:
    reading = about["weight_bytes"] / (limits["read_gbytes"] * 1e6)
    multiplying = about["flops"] / about["items"] / (limits["sgemm_gflops"] * 1e6)
    return (
        f"  one at a time: {reading:.2f} ms to read all weights of products, {multiplying:.2f} ms to "
        "multiply by them, at the rates above"
    )
