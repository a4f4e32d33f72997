"""Batches by a budget of padded positions, over inputs sorted by their real lengths.

A length counts tokens of texts, and whatever other inputs are padded by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BUDGET = 512
"""Padded tokens of a forward at most. What a layer makes of more no longer stays in a core's cache."""

ENOUGH = 256
"""Padded tokens from which on a forward ends where the next text is shorter: more would gain nothing."""

FEWEST = 64
"""Padded tokens for which a forward of its own is worth it: fewer take as long as reading the weights."""

MAX_ROWS = 64
"""Rows of a forward: short texts gain nothing from more, and attention masks grow with them."""


RAGGED_BUDGET = 4096
"""Tokens of a forward without padding: their gathered vectors stay in cache, rows cost nothing."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Indices of the texts that go together, and the width to which they are padded.

    `blank` rows, whose results nobody reads, follow those of the texts.
    """

    rows: tuple[int, ...]
    width: int
    blank: int = 0


def plan_batches(
    lengths: NDArray[np.int64],
    max_rows: int | None = None,
    budget: int = BUDGET,
    lanes: int = 1,
    enough: int = ENOUGH,
) -> list[Batch]:
    """Cuts texts, longest first, into batches of at most `budget` padded tokens.

    From `enough` tokens on a batch ends where the next text is shorter. A text longer than the budget is a
    batch of its own. Longest first, so that the memory of the first batches bounds that of the others and
    the last lanes finish on short work. Few texts are spread over all `lanes`.
    """
    limit = min(max_rows or MAX_ROWS, MAX_ROWS)
    return cut_by_length(lengths, limit, shared(budget, lengths, lanes), enough)


def shared(budget: int, lengths: NDArray[np.int64], lanes: int) -> int:
    """The budget, or less of it where otherwise some of the lanes would have nothing to do."""
    if lanes == 1:
        return budget
    return min(budget, max(-(-int(lengths.sum()) // lanes), FEWEST))


def cut_by_length(
    lengths: NDArray[np.int64], max_rows: int, budget: int, enough: int
) -> list[Batch]:
    """Texts, longest first, in batches of at most so many rows and padded tokens; see `plan_batches`."""
    if len(lengths) == 1:
        return [Batch((0,), max(1, int(lengths[0])))]
    order = np.argsort(-lengths, kind="stable")
    falling = -lengths[order]
    batches: list[Batch] = []
    start = 0
    while start < len(order):
        width = max(1, int(-falling[start]))
        count = max(1, min(max_rows, budget // width))
        stop = _at_a_step(falling, start + -(-enough // width), min(start + count, len(order)))
        batches.append(Batch(tuple(order[start:stop].tolist()), width))
        start = stop
    return batches


def _at_a_step(falling: NDArray[np.int64], enough: int, most: int) -> int:
    """Where a batch ends: at the first shorter text from `enough` on, which need not be padded then.

    `falling` (texts,) are the negated lengths, ascending.
    """
    if enough >= most:
        return most
    shorter = int(np.searchsorted(falling, falling[enough - 1], side="right"))
    return min(shorter, most)


def plan_ragged(
    lengths: NDArray[np.int64], max_rows: int | None = None, budget: int = RAGGED_BUDGET
) -> list[Batch]:
    """Cuts texts, longest first, into batches of at most `budget` tokens and any number of rows.

    Sorted all the same: means over rows of equal length are one reduction.
    """
    if len(lengths) == 1:
        return [Batch((0,), int(lengths[0]))]
    order = np.argsort(-lengths, kind="stable")
    ends = np.cumsum(lengths[order])
    batches: list[Batch] = []
    start = done = 0
    while start < len(order):
        stop = max(start + 1, int(np.searchsorted(ends, done + budget, side="right")))
        stop = min(stop, start + (max_rows or len(order)))
        batches.append(Batch(tuple(order[start:stop].tolist()), int(lengths[order[start]])))
        start, done = stop, int(ends[stop - 1])
    return batches
