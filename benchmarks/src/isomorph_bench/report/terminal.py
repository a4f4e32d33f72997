"""A record as tables on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from isomorph_bench.records.run import Record
from isomorph_bench.report.figures import WORDS, facts, notes, ratios, table
from isomorph_bench.report.growth import tables


def show(record: Record) -> None:
    """Prints the facts, the figures, the ratios where there are peers, and the notes."""
    console = Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else 200)
    console.print("\n".join(facts(record)), soft_wrap=True)
    console.print(drawn(*table(record)))
    headings, lines = ratios(record)
    if lines:
        console.print(drawn(headings, lines))
    for grown in tables(record):
        console.print(drawn(*grown))
    console.print("\n".join(notes(record)), soft_wrap=True)


def drawn(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> Table:
    """A table whose columns of figures stand to the right."""
    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in headings:
        made.add_column(name, justify="left" if name in WORDS else "right")
    for line in lines:
        made.add_row(*line)
    return made
