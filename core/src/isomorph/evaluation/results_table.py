"""The CSV file that results are appended to."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from isomorph.errors import InputError

LINE_END = "\r\n"
"""What a row ends with in most files; those of retrieval have no carriage return."""


@dataclass(frozen=True, slots=True)
class ResultsTable:
    """A file and its columns; without a path nothing is written.

    `more` gives the values of the last columns, when a row is written; `line_end` ends each row.
    """

    path: Path | None
    headers: tuple[str, ...]
    more: Callable[[], Iterable[Any]] = tuple
    line_end: str = LINE_END

    @classmethod
    def at(
        cls,
        folder: str | Path | None,
        name: str,
        headers: Sequence[str],
        line_end: str = LINE_END,
    ) -> Self:
        """The table of a folder, which is made when the first row comes.

        Raises:
            InputError: the file is there and has other columns; rows would stand under wrong names.
        """
        path = None if folder is None else Path(folder) / name
        table = cls(path, tuple(headers), line_end=line_end)
        if table.path is not None and table.path.is_file():
            with table.path.open(newline="", encoding="utf-8") as file:
                there = next(csv.reader(file), [])
            if there and tuple(there) != table.headers:
                raise InputError(
                    f"{table.path} has the columns {', '.join(there)}, and this evaluation "
                    f"{', '.join(headers)}. Give another output_path or name."
                )
        return table

    def append(self, *values: Any) -> None:
        """One row; the first of a file comes after the column names."""
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator=self.line_end)
            if file.tell() == 0:
                writer.writerow(self.headers)
            writer.writerow([_plain(value) for value in (*values, *self.more())])


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
