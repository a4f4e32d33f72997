"""The laws behind `Claim.batch_invariant`, on which deterministic calls rely: equal to the last bit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Session, Values
from isomorph.testing.compare import require
from isomorph.testing.feeds import Item, batch, is_ragged, positions, rows
from isomorph.testing.subject import Subject

WIDTH = 16
ROWS = 16
"""The shape of the forwards, unless the model has positions for less: the most usual one of core's own."""


def rows_are_steady(subject: Subject, name: str) -> None:
    """Where it is claimed: in forwards of one shape a row has the same bits wherever it stands.

    Whatever is beside it; where some row is padded, and where none is. Models that read rows end to end
    have no shape that a forward could share, and are never asked.
    """
    if not _is_claimed(subject, name):
        return
    session, model = subject.session(name), subject.case(name).model
    for lengths in _lengths(subject, name):
        texts, strangers = rows(model, lengths, seed=7), rows(model, lengths, seed=8)
        known = session.forward(batch(model, texts))
        for way, places in _ways():
            asked = [strangers[i] if row is None else texts[row] for i, row in enumerate(places)]
            _same_bits(subject, name, session, asked, places, known, way)


def threads_change_no_bit(subject: Subject, name: str) -> None:
    """Where it is claimed: a session that may use twice the threads gives every row the same bits."""
    if not _is_claimed(subject, name):
        return
    session, case, claim = subject.session(name), subject.case(name), subject.claim(name)
    options = subject.options(claim)
    wider = replace(options, threads=2 * options.threads)
    other = subject.backend.load(case.model.prefix(claim.depth), claim, wider)
    try:
        for lengths in _lengths(subject, name):
            texts = rows(case.model, lengths, seed=7)
            known = session.forward(batch(case.model, texts))
            places = list(range(ROWS))
            _same_bits(subject, name, other, texts, places, known, "with twice the threads")
    finally:
        other.close()


def _is_claimed(subject: Subject, name: str) -> bool:
    """Not where the shapes of forwards are those of all rows together: rows then run alone."""
    if not subject.claim(name).batch_invariant or is_ragged(subject.case(name).model):
        return False
    return not subject.session(name).effective.unpadded


def _lengths(subject: Subject, name: str) -> tuple[list[int], list[int]]:
    """Of rows of which most are padded, and of rows as wide as their batch."""
    width = min(WIDTH, subject.longest(name))
    return [width - index % width for index in range(ROWS)], [width] * ROWS


def _ways() -> Iterator[tuple[str, Sequence[int | None]]]:
    """How rows are asked for again: which of them stands at each place, None for a stranger.

    The first row is in every batch, because it alone may be as wide as all of them.
    """
    yield "in reverse order", list(range(ROWS))[::-1]
    yield "one place further", [(place - 1) % ROWS for place in range(ROWS)]
    for row in (1, ROWS // 2, ROWS - 1):
        moved: list[int | None] = [None] * ROWS
        moved[0], moved[ROWS - row] = 0, row
        yield "among strangers", moved


def _same_bits(
    subject: Subject, name: str, session: Session, asked: list[Item], places: Sequence[int | None],
    known: Values, way: str,
) -> None:  # fmt: skip
    """Every row that was asked for again, against what it was."""
    case = subject.case(name)
    for output, array in session.forward(batch(case.model, asked)).items():
        for place, row in enumerate(places):
            if row is None:
                continue
            length = positions(asked[place])
            now, before = _row(array, place, length), _row(known[output], row, length)
            what = case.name_of(f"row {row} {way}", output)
            off = float(np.abs(now - before).max()) if now.size else 0.0
            require(
                np.array_equal(now, before),
                f"{what} is off by {off:.3g}, though batch_invariant is claimed",
            )


def _row(array: NDArray[Any], place: int, length: int) -> NDArray[Any]:
    """One row of an output; of token states the real tokens, which are on the left."""
    return array[place] if array.ndim < 3 else array[..., place, :length, :]
