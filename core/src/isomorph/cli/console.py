"""Tables on a terminal, in a log file and in a test alike."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from isomorph.cli.answer import answer

if TYPE_CHECKING:
    from rich.console import Console

LOG_WIDTH = 160
"""Columns where nobody's terminal says how many there are: tables in logs stay unwrapped."""


def stdout() -> Console:
    """A console for the answer of a command, that prints texts as they are."""
    from rich.console import Console

    file = answer()
    width = None if file.isatty() else max(LOG_WIDTH, shutil.get_terminal_size().columns)
    return Console(file=file, markup=False, highlight=False, emoji=False, width=width)


def show_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], right: Sequence[str] = ()
) -> None:
    """Prints a table; the columns named in `right` hold numbers and end flush."""
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        number = name in right
        table.add_column(
            name, justify="right" if number else "left", no_wrap=number, overflow="fold"
        )  # a path that is longer than the column goes on in the next line; by default it is cut
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    stdout().print(table)
