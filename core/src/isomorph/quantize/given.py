"""Files that the user gives: texts, one a line, and pairs of texts with a score."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path

from isomorph.errors import InputError
from isomorph.evaluation.sentences import mixed_texts
from isomorph.export.verify import PROBES
from isomorph.files.records import refuse_records
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

    What Unicode takes for line ends beside those of files stays in the text, as in ``isomorph embed``.

    Raises:
        InputError: it cannot be read, holds none, or holds records of JSON.
    """
    lines = [line.strip() for line in _text(file).split("\n")]
    refuse_records(file, next(filter(None, lines), ""))
    found = [line for line in lines if line][:MOST]
    if not found:
        raise InputError(f"{file} holds no text. It needs one a line.")
    return found


def read_pairs(file: Path) -> list[Pair]:
    """Rows of two texts and a score, separated by commas, or by tabs in a file that ends in .tsv.

    A first row whose last cell is no number names the columns. A quoted text may go over several lines.

    Raises:
        InputError: it cannot be read, a row is something else, or no correlation with the scores exists.
    """
    separator = "\t" if file.suffix == ".tsv" else ","
    try:
        rows = list(csv.reader(io.StringIO(_text(file), newline=""), delimiter=separator))
    except csv.Error as cause:
        raise InputError(f"{file} cannot be read as CSV: {cause}.") from cause
    found: list[Pair] = []
    for number, row in enumerate(rows, 1):
        score = _number(row[2]) if len(row) == 3 else None
        if score is not None and math.isfinite(score):
            found.append((row[0], row[1], score))
        elif row and (number > 1 or len(row) != 3 or score is not None):
            raise InputError(f"{file}, row {number}: expected two texts and a score.")
    _refuse_no_correlation(file, found)
    return found


def _refuse_no_correlation(file: Path, pairs: Sequence[Pair]) -> None:
    if len(pairs) < 3:
        raise InputError(f"{file} holds {len(pairs)} pairs, and a correlation needs at least 3.")
    if len({score for *_, score in pairs}) == 1:
        raise InputError(
            f"{file}: all {len(pairs)} scores are {pairs[0][2]:g}, and nothing correlates with a constant."
        )


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
