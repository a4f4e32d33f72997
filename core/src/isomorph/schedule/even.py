"""Forwards that end together: cut for lanes side by side, or shared by all threads one after the other.

A forward takes as long as its padded tokens, and `READING` more. Both numbers below were measured on two CPUs
with models of 22 and 110 million numbers; decision 6 has the table.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapreplace

import numpy as np
from numpy.typing import NDArray

from isomorph.schedule.batches import BUDGET, MAX_ROWS, Batch, cut_by_length, plan_batches

READING = 32
"""Padded tokens that are computed while a forward reads the weights."""

BARRIERS = 0.15
"""Time that each further thread adds to a forward, as a part of one thread's: threads wait for others."""

MOST = 16
"""Forwards a lane from which on a lane that is idle at the end hardly counts."""

GAIN = 0.8
"""Part of the time that a shared forward must need at most: its session may have to be loaded first."""


def plan_even(
    lengths: NDArray[np.int64],
    max_rows: int | None = None,
    budget: int = BUDGET,
    lanes: int = 1,
) -> list[Batch]:
    """As `plan_batches`, but cut elsewhere where all lanes then end sooner.

    Five forwards on two lanes keep one of them idle at the end; four or six of other sizes may not.
    """
    plain = plan_batches(lengths, max_rows, budget, lanes)
    if lanes == 1 or not 1 < len(plain) <= MOST * lanes:
        return plain
    falling = np.sort(lengths)[::-1].tolist()
    rows = min(max_rows or MAX_ROWS, MAX_ROWS)
    fewer = len(plain) // lanes * lanes
    worth = sum(falling) // READING  # more forwards would read weights rather than compute
    plans = [plain]
    for count in (fewer, fewer + lanes):
        size = _smallest(falling, rows, budget, count) if 0 < count <= worth else None
        if size is not None:
            plans.append(cut_by_length(lengths, rows, size, size))
    return min(plans, key=lambda plan: (makespan(sizes(plan), lanes), sum(sizes(plan))))


def sharing_is_faster(
    lengths: NDArray[np.int64], lanes: int, threads: int, max_rows: int | None = None
) -> bool:
    """Whether a call ends clearly sooner where all threads share each forward than with a lane a thread.

    That is so where there is too little for all lanes, or one text that is longer than the others together.
    """
    apart = makespan(sizes(plan_even(lengths, max_rows, lanes=lanes)), lanes)
    together = makespan(sizes(plan_batches(lengths, max_rows)), 1)
    return together * (1 + BARRIERS * (threads - 1)) / threads < GAIN * apart


def sizes(batches: Iterable[Batch]) -> list[int]:
    """Padded tokens of each forward."""
    return [len(batch.rows) * batch.width for batch in batches]


def makespan(forwards: Iterable[int], lanes: int) -> int:
    """When the last lane ends, in padded tokens, if a lane that is free takes the next forward."""
    ends = [0] * lanes
    for size in forwards:
        heapreplace(ends, ends[0] + size + READING)
    return max(ends)


def _smallest(falling: list[int], rows: int, most: int, count: int) -> int | None:
    """Padded tokens with which so many forwards are enough, as few as will do; None where `most` are not."""
    if not _suffice(falling, rows, most, count):
        return None
    too_few, enough = 0, most
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if _suffice(falling, rows, middle, count):
            enough = middle
        else:
            too_few = middle
    return enough


def _suffice(falling: list[int], rows: int, size: int, count: int) -> bool:
    """Whether so many forwards of so many padded tokens hold all texts, whose lengths fall."""
    start = 0
    for _ in range(count):
        if start >= len(falling):
            return True
        start += max(1, min(rows, size // max(1, falling[start])))
    return start >= len(falling)
