"""Records as tables of Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from isomorph_bench.records.changes import Change
from isomorph_bench.records.run import Record
from isomorph_bench.report.figures import WORDS, facts, notes, ratios, table
from isomorph_bench.report.growth import tables

BEGIN, END = "<!-- {} begins: {} writes it -->", "<!-- {} ends -->"
COMMAND = "isomorph bench report"


def pages(records: Sequence[Record]) -> str:
    """The tables of several records below each other."""
    return "\n".join(line for record in records for line in page(record))


def page(record: Record) -> Iterator[str]:
    """Facts, figures, ratios where there are peers, and notes."""
    yield f"## {record.run.model.get('name')}\n"
    yield from (f"* {line.strip()}" for line in facts(record))
    yield ""
    yield from rows(*table(record))
    headings, lines = ratios(record)
    if lines:
        yield ""
        yield from rows(headings, lines)
    for grown in tables(record):
        yield ""
        yield from rows(*grown)
    yield ""
    yield from (f"* {line}" for line in notes(record))
    yield ""


def rows(headings: Sequence[str], lines: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table, whose columns of figures stand to the right."""
    yield "| " + " | ".join(headings) + " |"
    yield "|" + "|".join("---" if name in WORDS else "--:" for name in headings) + "|"
    for line in lines:
        yield "| " + " | ".join(cell.replace("|", "/") for cell in line) + " |"


def changed(changes: Sequence[Change]) -> Iterator[str]:
    """A table of what changed, the worst first."""
    ordered = sorted(changes, key=lambda each: (not each.worse, each.what == "as before"))
    lines = [
        [each.contender, each.workload, each.what, str(each.speed or ""), each.reason]
        for each in ordered
    ]
    yield from rows(["contender", "workload", "what", "times as fast as before", "why"], lines)


def in_place(text: str, name: str, made: str, command: str = COMMAND) -> str:
    """A page with `made` between the two marks of this name, of which the first names the `command`.

    Raises:
        ValueError: the page has no such marks.
    """
    begin, end = BEGIN.format(name, command), END.format(name)
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"there are no lines {begin!r} and {end!r}")
    return f"{before}{begin}\n\n{made.strip()}\n\n{end}{after}"
