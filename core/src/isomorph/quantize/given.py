"""Files that the user gives: texts, one a line, and pairs of texts with a score."""

from __future__ import annotations

import csv
from pathlib import Path

from isomorph.errors import InputError
from isomorph.evaluation.sentences import mixed_texts
from isomorph.export.verify import PROBES
from isomorph.quantize.measure import Pair

TEXTS = 72
"""So many of `mixed_texts` differ."""
MOST = 2000
"""Texts of a file that are read; a file may be a corpus."""


def own_texts() -> list[str]:
    """Texts of one to nine sentences, and some in other scripts, for those who give none."""
    return [*mixed_texts(TEXTS), *(text for text in PROBES if text.strip())]


def read_texts(file: Path) -> list[str]:
    """The lines of a UTF-8 file that hold anything, 2,000 at most.

    Raises:
        InputError: it cannot be read, or holds none.
    """
    lines = [line.strip() for line in _text(file).splitlines()]
    found = [line for line in lines if line][:MOST]
    if not found:
        raise InputError(f"{file} holds no text. It needs one a line.")
    return found


def read_pairs(file: Path) -> list[Pair]:
    """Rows of two texts and a score, separated by commas, or by tabs in a file that ends in .tsv.

    A first row whose last cell is no number names the columns.

    Raises:
        InputError: it cannot be read, or a row is something else.
    """
    separator = "\t" if file.suffix == ".tsv" else ","
    rows = list(csv.reader(_text(file).splitlines(), delimiter=separator))
    found: list[Pair] = []
    for number, row in enumerate(rows, 1):
        score = _number(row[2]) if len(row) == 3 else None
        if score is not None:
            found.append((row[0], row[1], score))
        elif row and (number > 1 or len(row) != 3):
            raise InputError(f"{file}, row {number}: expected two texts and a score.")
    if len(found) < 3:
        raise InputError(f"{file} holds {len(found)} pairs, and a correlation needs at least 3.")
    return found


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as cause:
        raise InputError(f"{file} cannot be read as UTF-8 text: {cause}") from cause
