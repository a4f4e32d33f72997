"""Files whose lines are records of JSON, or rows of a table, where texts are asked for, one a line."""

from __future__ import annotations

from pathlib import Path

from isomorph.errors import InputError

RECORDS = (".jsonl", ".ndjson", ".json")
"""Ends of the names of files that may hold records."""
TABLES = (".csv", ".tsv")
"""Ends of the names of files that hold rows."""


def refuse_records(file: Path, line: str) -> None:
    """Refuses a file whose lines are records or rows and no texts.

    Braces, the names of columns, quotes and separators would be read as words, and a text of several lines
    as several texts.

    Args:
        file: its name tells that it may be one.
        line: its first.

    Raises:
        InputError: it is one.
    """
    if file.suffix.lower() in TABLES:
        raise InputError(
            f"{file} holds rows of a table by its name, and what is read is one text a line. Write one "
            "column out without its head, or name the file .txt if each line is a text."
        )
    if file.suffix.lower() in RECORDS and line.lstrip().startswith(("{", "[")):
        raise InputError(
            f"{file} holds records of JSON, and what is read is one text a line. Write the texts out, such "
            f"as with: jq -r .text {file}"
        )
