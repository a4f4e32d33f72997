"""``make figures``: the tables of this repository's pages, made of the records that lie in it.

Records are ``benchmarks/records/*.jsonl``. `texts` tells which pages there are, and what each should be by
them; a table without a record stays. `main` writes the pages. A test makes them again and compares.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from isomorph.errors import InputError
from isomorph_bench.published import race, readme, sizes
from isomorph_bench.race.launch import CLONE
from isomorph_bench.records.lines import read_all
from isomorph_bench.report.markdown import in_place

COMMAND = "make figures"


def texts(root: Path) -> Iterator[tuple[Path, str]]:
    """Each page of a clone, and what it should be by the records of the clone.

    Raises:
        InputError: a record cannot be read, or a page has no place for a table.
    """
    records = read_all(sorted((root / "benchmarks" / "records").glob("*.jsonl")))
    raced, grown = race.of(records), sizes.section(records)
    speed, start = root / "docs" / "speed.md", root / "README.md"
    first, text = start.read_text("utf-8"), speed.read_text("utf-8")
    try:
        if raced is not None:
            first = readme.with_figures(first, raced)
            text = in_place(text, "race", race.section(raced), COMMAND)
        text = in_place(text, "sizes", grown, COMMAND) if grown else text
    except ValueError as cause:
        raise InputError(f"A page cannot take its tables: {cause}.") from cause
    yield start, first
    yield speed, text


def main(root: Path | None = CLONE) -> None:
    """Writes the pages.

    Raises:
        InputError: this is no clone.
    """
    if root is None:
        raise InputError("isomorph-bench is installed here; its pages and records lie in a clone.")
    for page, text in texts(root):
        changed = page.read_text("utf-8") != text
        page.write_text(text, "utf-8")
        sys.stdout.write(f"{page.relative_to(root)}: {'written' if changed else 'as it was'}\n")
