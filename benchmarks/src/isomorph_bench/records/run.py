"""What a run was asked, and where it ran: the first line of its record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from isomorph_bench.records.row import Row

FORMAT = 1
"""Of the lines; a reader refuses any other."""


@dataclass(frozen=True, slots=True)
class Run:
    """The order, as `isomorph_bench.order` reads it again, and the facts about its model and machine.

    `workloads` holds for each workload its data, the hash and number of its inputs, and of texts a histogram
    of their tokens, the useful operations (``flops``) and tokens of all of them together.
    """

    order: Mapping[str, Any]
    model: Mapping[str, Any]
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    workloads: Mapping[str, Mapping[str, Any]]
    begun: str = ""
    """When, in UTC."""
    stopped: str = ""
    """Why the run ended before all was measured; such a run is no answer to its order."""


@dataclass(frozen=True, slots=True)
class Record:
    """A run with its rows."""

    run: Run
    rows: Sequence[Row] = field(default_factory=tuple)

    def of(self, workload: str) -> list[Row]:
        """The rows of one workload whose figures count, the fastest first."""
        counting = [row for row in self.rows if row.workload == workload and row.counts]
        return sorted(counting, key=lambda row: row.middle)
