"""Few shapes of forwards, for engines that keep kernels and memory for each that they have seen.

Shapes are free as long as few were used: padding to a lattice would cost a twentieth of the work. A model
that goes on meeting new ones is held to the lattice from then on, so that its memory stays where it is.
Calls of few texts are held to it from the beginning: reading the weights takes most of their time, and they
would go on meeting new shapes for thousands of calls.
"""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from isomorph.machine.forks import WORK
from isomorph.schedule.batches import BUDGET, MAX_ROWS, Batch, shared

STEPS = ((64, 8), (256, 16), (1 << 62, 32))
"""Up to how many tokens widths are multiples of what."""


class Shapes:
    """The shapes that one session has seen; at most `most` are free, None where all of them are."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._seen: set[tuple[int, int]] = set()
        self._lock = Lock()
        WORK.inherit(self)

    def after_fork(self) -> None:
        """In a child nobody holds the lock."""
        self._lock = Lock()

    def admit(self, batches: Iterable[Batch]) -> bool:
        """Whether these batches may have the shapes that they have; if so they are seen from now on."""
        if self._most is None:
            return True
        shapes = {(len(batch.rows), batch.width) for batch in batches}
        with self._lock:
            if len(self._seen | shapes) > self._most:
                return shapes <= self._seen
            self._seen |= shapes
            return True


def lattice_width(length: int, longest: int | None) -> int:
    """The narrowest width of the lattice for a text of so many tokens."""
    width = length
    for limit, step in STEPS:
        if length <= limit:
            width = max(1, -(-length // step)) * step
            break
    return width if longest is None else max(length, min(width, longest))


def plan_on_lattice(
    lengths: NDArray[np.int64],
    longest: int | None,
    max_rows: int | None = None,
    budget: int = BUDGET,
    lanes: int = 1,
) -> list[Batch]:
    """Cuts texts, longest first, into batches of widths of the lattice and 1, 2, 4, 8, … rows.

    `longest` is the number of positions that the model has, None where there is no limit. The rest is as
    in `plan_batches`.
    """
    limit = min(max_rows or MAX_ROWS, MAX_ROWS)
    budget = shared(budget, lengths, lanes)
    order = np.argsort(-lengths, kind="stable").tolist()
    batches: list[Batch] = []
    start = 0
    while start < len(order):
        width = lattice_width(int(lengths[order[start]]), longest)
        most = max(1, min(limit, budget // width, len(order) - start))
        rows = 1 << (most.bit_length() - 1)
        batches.append(Batch(tuple(order[start : start + rows]), width))
        start += rows
    return batches
