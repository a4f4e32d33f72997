"""Files whose lines are records of JSON, where texts are asked for, one a line."""

from __future__ import annotations

from pathlib import Path

from isomorph.errors import InputError

RECORDS = (".jsonl", ".ndjson", ".json")
"""Ends of the names of files that may hold records."""


def refuse_records(file: Path, line: str) -> None:
    """Refuses a file whose lines are records and no texts: their braces would be read as words.

    Args:
        file: its name tells that it may be one.
        line: its first.

    Raises:
        InputError: it is one.
    """
    if file.suffix.lower() in RECORDS and line.lstrip().startswith(("{", "[")):
        raise InputError(
            f"{file} holds records of JSON, and what is read is one text a line. Write the texts out, such "
            f"as with: jq -r .text {file}"
        )
