"""Tables on a terminal, in a log file and in a test alike."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

LOG_WIDTH = 160
"""Columns where nobody's terminal says how many there are: tables in logs stay unwrapped."""


@contextmanager
def answering() -> Iterator[None]:
    """What plugins and engines print meanwhile goes to stderr: stdout is for the answer."""
    with redirect_stdout(sys.stderr):
        yield


def stdout() -> Console:
    """A console on the present ``sys.stdout`` that prints texts as they are."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else max(LOG_WIDTH, shutil.get_terminal_size().columns)
    return Console(markup=False, highlight=False, emoji=False, width=width)


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
