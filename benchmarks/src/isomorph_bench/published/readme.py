"""The figures of the table of engines in README.md, whose words are written by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping

from isomorph_bench.machine.roofline import items_per_second
from isomorph_bench.records.row import Row
from isomorph_bench.records.run import Record

FIGURES = 3
"""Columns of the table that are made: start, texts per second, memory; the last ones."""
ENGINE = re.compile(r"\./backends/(\w+)")
"""Whose row it is stands in the command that installs the engine."""
PEER = "sentence_transformers_torch"
HERE = re.compile(r"\(here: [^)]*\)")


def with_figures(text: str, record: Record) -> str:
    """README.md with the figures of a record; it keeps its number of lines.

    Raises:
        ValueError: the table is not there, or the record has no figures for one of its rows.
    """
    lines = text.split("\n")
    head = next((at for at, line in enumerate(lines) if line.startswith("| engine |")), None)
    if head is None:
        raise ValueError("README.md has no table of engines")
    at = head + 2
    while lines[at].startswith("|"):
        lines[at] = _row(lines[at], record)
        at += 1
    return HERE.sub(f"(here: {_machine(record)})", "\n".join(lines), count=1)


def _row(line: str, record: Record) -> str:
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    engine = ENGINE.search(line)
    name = engine[1] if engine else PEER
    rows = {row.workload: row for row in record.rows if row.contender == name and row.counts}
    if not rows.keys() >= {"start", "mixed"}:
        raise ValueError(f"the record has no figures of {name} for README.md")
    if not engine:
        version = str(rows["mixed"].report["engine"]).split(",")[0]
        cells[0] = f"{version} on PyTorch"
    return f"| {' | '.join([*cells[:-FIGURES], *_figures(rows, record)])} |".replace("|  |", "| |")


def _figures(rows: Mapping[str, Row], record: Record) -> list[str]:
    peak = max(float(row.report["peak"]) for row in rows.values() if row.report.get("peak"))
    rate = items_per_second(rows["mixed"], record.run.workloads["mixed"])
    return [f"{rows['start'].middle * 1000:,.0f} ms", f"{rate:.1f}", f"{peak / 1e6:,.0f}"]


def _machine(record: Record) -> str:
    """The processor, how much of it there was, and whether others used it meanwhile."""
    machine = record.run.machine
    busy = ", with other work beside it" if (machine.get("limits") or {}).get("busy") else ""
    cpu = re.sub(r"\(\w+\)", "", str(machine["cpu"]))
    return f"{machine['cpus']} CPUs of {' '.join(cpu.split())}, float32{busy}"
