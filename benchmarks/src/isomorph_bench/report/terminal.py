"""Results as tables for people and as JSON lines for programs."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich import box
from rich.table import Table

from isomorph_bench.machine.limits import Machine
from isomorph_bench.race.results import Comparison, Entry, Timing
from isomorph_bench.workloads.scenarios import Scenario

STEADY = 0.85
"""A machine of one's own repeats its rate of products at least so well."""
RATED = "mixed"
"""The scenario whose arithmetic is counted."""


def figures(
    entries: Iterable[Entry],
    suite: Sequence[Scenario],
    machine: Machine,
    flops_per_text: float | None,
) -> Table:
    """One line a contender. Where its figures do not count, the reason stands below the table."""
    made = new_table(
        "contender", *map(heading, suite), "GFLOP/s", "of sgemm", "peak MB", "differs by"
    )
    for entry in entries:
        rate, share = arithmetic(entry, suite, machine, flops_per_text)
        gaps = [timing.gap for timing in entry.timings.values() if timing.gap is not None]
        peak = entry.report.get("peak")
        made.add_row(
            entry.name,
            *(cell(entry.timings[scenario.name], scenario) for scenario in suite),
            "" if rate is None else f"{rate:.0f}",
            "" if share is None else f"{share:.0%}",
            f"{peak / 1e6:.0f}" if peak else "",
            f"{max(gaps):.1e}" if gaps else "",
        )
    return made


def heading(scenario: Scenario) -> str:
    """A scenario with its unit."""
    units = {"start": "ms", "calls": "p50 / p99 ms", "pass": f"{scenario.unit}/s"}
    return f"{scenario.name} ({units[scenario.kind]})"


def cell(timing: Timing, scenario: Scenario) -> str:
    """One contender's figure."""
    if timing.void:
        return "void"
    if scenario.kind == "start":
        return f"{timing.middle * 1000:.0f}"
    if scenario.kind == "calls":
        return f"{timing.percentile(50) * 1000:.1f} / {timing.percentile(99) * 1000:.1f}"
    return f"{scenario.count / timing.middle:.1f}"


def ratios(comparisons: Iterable[Comparison]) -> Table:
    """Ours over theirs: one line for each of ours in each scenario."""
    made = new_table("scenario", "ours", "to best", "goal", "best peer", "to the others")
    for one in comparisons:
        others = [(name, ratio) for name, ratio in one.ratios.items() if name != one.best]
        made.add_row(
            one.scenario,
            one.ours,
            f"{one.ratio:.2f}",
            "" if one.goal is None else f"{one.goal:.2f}",
            one.best,
            ", ".join(f"{name} {ratio:.2f}" for name, ratio in others),
        )
    return made


def new_table(*columns: str) -> Table:
    """A table whose columns of figures stand to the right."""
    words = ("contender", "scenario", "ours", "best peer", "to the others")
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        made.add_column(name, justify="left" if name in words else "right")
    return made


def notes(entries: Iterable[Entry]) -> list[str]:
    """Who the contenders are, with their versions, and why figures do not count."""
    lines = []
    for entry in entries:
        if "engine" in entry.report:
            lines.append("{}: {engine} on {device}".format(entry.name, **entry.report))
        reasons: dict[str, list[str]] = {}
        for name, timing in entry.timings.items():
            if timing.void:
                reasons.setdefault(timing.void, []).append(name)
        lines += [f"{entry.name}, void in {', '.join(n)}: {why}" for why, n in reasons.items()]
    return lines


def arithmetic(
    entry: Entry, suite: Sequence[Scenario], machine: Machine, flops_per_text: float | None
) -> tuple[float | None, float | None]:
    """Useful GFLOP/s on mixed texts, and their share of what matrix products alone could do.

    None where nobody counted, and no share on accelerators: the sgemm rate is the CPU's.
    """
    rated = [scenario for scenario in suite if scenario.name == RATED and entry.counts(RATED)]
    if flops_per_text is None or not rated:
        return None, None
    rate = rated[0].count / entry.timings[RATED].middle * flops_per_text / 1e9
    if entry.report.get("device") != "cpu" or not machine.sgemm_gflops:
        return rate, None
    return rate, rate / machine.sgemm_gflops


def facts(
    machine: Machine, texts: Mapping[str, Mapping[str, Any]], single: Collection[str] = ()
) -> str:
    """What the figures were measured on; of `single` scenarios, whose calls have one text, the limit."""
    lowest = f", {machine.sgemm_lowest:.0f} at worst" if busy(machine) else ""
    lines = [
        f"{machine.cpu}, {machine.cpus} CPUs in effect, {machine.system}, Python {machine.python}",
        f"sgemm {machine.sgemm_gflops:.0f} GFLOP/s (one thread a CPU, side by side{lowest}), "
        f"memory read {machine.read_gbytes:.1f} GB/s (likewise), copy {machine.copy_gbytes:.1f} GB/s",
    ]
    for name, about in texts.items():
        lines.append(f"texts of {name!r}: " + ", ".join(f"{k} {v}" for k, v in about.items()))
        if name in single and "MB of weights" in about:
            lines.append(_limit(machine, about["MB of weights"], about["GFLOP a text"]))
    if busy(machine):
        lines.append("The machine was busy with other work: only compare rows with each other.")
    return "\n".join(lines)


def _limit(machine: Machine, megabytes: float, gflop: float) -> str:
    reading = megabytes / machine.read_gbytes
    multiplying = 1000 * gflop / machine.sgemm_gflops
    return (
        f"  one at a time: {reading:.2f} ms to read all weights of products, {multiplying:.2f} ms to "
        "multiply by them, at the rates above"
    )


def busy(machine: Machine) -> bool:
    """Whether the machine gave much less at one end of the run than at the other."""
    return machine.sgemm_lowest < STEADY * machine.sgemm_gflops


def json_lines(
    entries: Sequence[Entry],
    suite: Sequence[Scenario],
    comparisons: Sequence[Comparison],
    machine: Machine,
    context: Mapping[str, Any],
    flops_per_text: float | None,
) -> str:
    """One object a contender, each with everything that is needed to measure it again."""
    about = {
        **context,
        "machine": asdict(machine),
        "suite": [asdict(scenario) for scenario in suite],
    }
    lines = []
    for entry in entries:
        rate, share = arithmetic(entry, suite, machine, flops_per_text)
        compared = [
            {**asdict(one), "ratio": one.ratio} for one in comparisons if one.ours == entry.name
        ]
        record = {**asdict(entry), "gflops": rate, "of_sgemm": share, "compared": compared}
        lines.append(json.dumps({**record, **about}))
    return "\n".join(lines) + "\n"
