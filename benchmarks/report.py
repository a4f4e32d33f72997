"""Results as a table for people and as JSON lines for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich import box
from rich.table import Table

from benchmarks.machine import Machine
from benchmarks.measure import Row

STEADY = 0.85
"""A machine of one's own repeats its rate of products at least so well."""
COLUMNS = (
    "backend",
    "engine",
    "device",
    "native",
    "cold start (ms)",
    "one text p50 / p99 (ms)",
    "mixed (texts/s)",
    "GFLOP/s",
    "of sgemm",
    "difference",
    "void",
)


def table(rows: Iterable[Row], machine: Machine, flops_per_text: float | None) -> Table:
    """One line a contender; void rows are there, with the reason in place of speed."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in COLUMNS:
        words = name in ("backend", "engine", "device", "void")
        made.add_column(name, justify="left" if words else "right")
    for row in rows:
        made.add_row(*cells(row, machine, flops_per_text))
    return made


def cells(row: Row, machine: Machine, flops_per_text: float | None) -> Sequence[str]:
    """The texts of one line."""
    who = (row.backend, row.engine, row.device, f"{row.native}/{row.modules}")
    if row.void:
        return (*who, "", "", "", "", "", f"{row.difference:.1e}", row.void)
    rate, fraction = arithmetic(row, machine, flops_per_text)
    return (
        *who,
        f"{row.cold_ms:.0f}",
        f"{row.short_p50_ms:.1f} / {row.short_p99_ms:.1f}",
        f"{row.texts_per_second:.1f}",
        "" if rate is None else f"{rate:.0f}",
        "" if fraction is None else f"{fraction:.0%}",
        f"{row.difference:.1e}",
        "",
    )


def arithmetic(
    row: Row, machine: Machine, flops_per_text: float | None
) -> tuple[float | None, float | None]:
    """Useful GFLOP/s on mixed texts, and their share of what matrix products alone could do.

    None where nobody counted, and no share on accelerators: the sgemm rate is the CPU's.
    """
    if flops_per_text is None:
        return None, None
    rate = row.texts_per_second * flops_per_text / 1e9
    if row.device != "cpu" or not machine.sgemm_gflops:
        return rate, None
    return rate, rate / machine.sgemm_gflops


def facts(machine: Machine, texts: Mapping[str, Any]) -> str:
    """What the numbers were measured on."""
    lowest = f", {machine.sgemm_lowest:.0f} at worst" if busy(machine) else ""
    lines = [
        f"{machine.cpu}, {machine.cpus} CPUs in effect, {machine.system}, Python {machine.python}",
        f"sgemm {machine.sgemm_gflops:.0f} GFLOP/s (one thread a CPU, side by side{lowest}), "
        f"memory copy {machine.copy_gbytes:.1f} GB/s",
        "texts: " + ", ".join(f"{name} {value}" for name, value in texts.items()),
    ]
    if busy(machine):
        lines.append("The machine was busy with other work: only compare rows with each other.")
    return "\n".join(lines)


def busy(machine: Machine) -> bool:
    """Whether the machine gave much less at one end of the run than at the other."""
    return machine.sgemm_lowest < STEADY * machine.sgemm_gflops


def json_lines(
    rows: Iterable[Row],
    machine: Machine,
    texts: Mapping[str, Any],
    flops_per_text: float | None,
    context: Mapping[str, Any],
) -> str:
    """One object a contender, each with everything that is needed to measure it again."""
    lines = []
    for row in rows:
        rate, fraction = arithmetic(row, machine, flops_per_text)
        record = {**asdict(row), "gflops": rate, "of_sgemm": fraction}
        about = {**context, "machine": asdict(machine), "texts": dict(texts)}
        lines.append(json.dumps({**record, **about}))
    return "\n".join(lines) + "\n"
