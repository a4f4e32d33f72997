"""How much of what the machine could do a figure is: of its arithmetic, or of its memory.

After Williams, Waterman and Patterson, "Roofline" (2009): work that needs few operations for each byte is
bound by memory, and the rest by arithmetic. Operations are those of real tokens. The bytes of a call of one
text are the weights of the products of the model, each of which is read once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from isomorph_bench.records.row import Row


@dataclass(frozen=True, slots=True)
class Share:
    """Useful operations a second, and the shares of the machine's rates; None where nobody can tell."""

    flops: float
    arithmetic: float | None = None
    memory: float | None = None


def share(row: Row, workload: Mapping[str, Any], machine: Mapping[str, Any]) -> Share | None:
    """Of a row, by the facts of its workload and machine; None where operations are not counted.

    An accelerator has no share: the rates are the processor's.
    """
    if not row.counts or "flops" not in workload:
        return None
    each = items_per_second(row, workload)
    rate = each * workload["flops"] / workload["items"]
    limits = machine.get("limits") or {}
    if row.report.get("device") != "cpu" or not limits.get("sgemm_gflops"):
        return Share(rate)
    memory = None
    if workload["kind"] == "calls" and limits.get("read_gbytes"):
        memory = each * workload["weight_bytes"] / (limits["read_gbytes"] * 1e9)
    return Share(rate, rate / (limits["sgemm_gflops"] * 1e9), memory)


def items_per_second(row: Row, workload: Mapping[str, Any]) -> float:
    """Of a pass all items in its time, and of calls one in the median.

    Of callers at once it is, by Little's law, their number over the mean time of a call.
    """
    if workload["kind"] in ("pass", "soak"):
        return float(workload["items"]) / row.middle
    if workload["kind"] == "callers":
        calls = row.calls
        return float(workload["callers"]) * len(calls) / sum(calls)
    return 1.0 / row.middle
