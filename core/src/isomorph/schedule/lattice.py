"""Few shapes of forwards, for engines that keep kernels and memory for each that they have seen.

Shapes are free as long as few were used: padding to a lattice would cost a twentieth of the work. A model
that goes on meeting new ones is held to the lattice from then on, so that its memory stays where it is.
Calls of few texts are held to it from the beginning: reading the weights takes most of their time, and they
would go on meeting new shapes for thousands of calls.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import Unsupported
from isomorph.machine.forks import WORK
from isomorph.schedule.batches import BUDGET, ENOUGH, MAX_ROWS, Batch, shared

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


@dataclass(frozen=True, slots=True)
class Lattice:
    """The widths and numbers of rows that forwards may have.

    `widths` and `rows`, ascending, are an engine's own; () stands for core's steps, and for powers of two.
    `longest` is the number of positions that the model has, None where there is no limit.
    """

    widths: tuple[int, ...] = ()
    rows: tuple[int, ...] = ()
    longest: int | None = None

    def width(self, length: int) -> int:
        """The narrowest width for an input of so many tokens.

        Raises:
            Unsupported: the engine has none that is wide enough.
        """
        if not self.widths:
            return lattice_width(length, self.longest)
        place = bisect_left(self.widths, length)
        if place == len(self.widths):
            raise Unsupported(
                f"An input has {length} positions, and this engine's forwards have {self.widths[-1]} at most."
            )
        return self.widths[place]

    def at_most(self, count: int) -> int:
        """The largest number of rows up to `count`; where there is none, the smallest of all."""
        if not self.rows:
            return 1 << (count.bit_length() - 1)
        return self.rows[max(0, bisect_right(self.rows, count) - 1)]

    def alone(self, index: int, length: int) -> Batch:
        """The forward of one input, whatever else there is."""
        return Batch((index,), self.width(max(1, length)), self.at_most(1) - 1)

    def shapes(self, longest: int, budget: int, most_rows: int) -> list[tuple[int, int]]:
        """All (rows, width) that forwards of inputs up to `longest` tokens may have."""
        reach = longest if not self.widths else min(longest, self.widths[-1])
        found = []
        for width in sorted({self.width(length) for length in range(1, reach + 1)}):
            most = max(1, min(most_rows, budget // width))
            numbers = self.rows or tuple(1 << power for power in range(most.bit_length()))
            found += [(rows, width) for rows in numbers if rows <= self.at_most(most)]
        return found


FREE = Lattice()
"""Core's own, of a model without a longest input."""


def lattice_width(length: int, longest: int | None) -> int:
    """The narrowest width of core's own lattice for a text of so many tokens."""
    width = length
    for limit, step in STEPS:
        if length <= limit:
            width = max(1, -(-length // step)) * step
            break
    return width if longest is None else max(length, min(width, longest))


def plan_on_lattice(
    lengths: NDArray[np.int64],
    lattice: Lattice = FREE,
    max_rows: int | None = None,
    budget: int = BUDGET,
    lanes: int = 1,
) -> list[Batch]:
    """Cuts inputs, longest first, into batches of the lattice's widths and numbers of rows.

    No batch has more than `max_rows` inputs, or more than `budget` padded tokens if one row does not have
    more. What a batch lacks in rows is blank.

    Raises:
        Unsupported: an input is longer than the widest forward.
    """
    limit = max_rows or MAX_ROWS
    budget = shared(budget, lengths, lanes)
    order = np.argsort(-lengths, kind="stable").tolist()
    batches: list[Batch] = []
    start = 0
    while start < len(order):
        longest, left = int(lengths[order[start]]), len(order) - start
        width = (
            lattice.width(longest) if lattice.widths else lattice_width(longest, lattice.longest)
        )
        most = max(1, min(limit, budget // width))
        power = 1 << (min(most, left).bit_length() - 1)
        rows = _rows(lattice, most, left, width) if lattice.rows else power
        some = tuple(order[start : start + min(rows, most)])
        batches.append(Batch(some, width, rows - len(some)))
        start += len(some)
    return batches


def _rows(lattice: Lattice, most: int, left: int, width: int) -> int:
    """The rows of the next forward, where `left` inputs wait: filled up where that costs less."""
    whole = lattice.at_most(min(most, left))
    if left >= most:
        return whole
    filled = next((rows for rows in lattice.rows if left <= rows <= lattice.at_most(most)), None)
    if filled is None:
        return whole
    apart, waiting = 0, left
    while waiting > 0:
        rows = lattice.at_most(waiting)
        apart, waiting = apart + rows * width + ENOUGH, waiting - rows
    return filled if filled * width + ENOUGH <= apart else whole
