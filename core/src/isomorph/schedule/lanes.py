"""Several forwards at once: results come as they finish, errors come at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import TypeVar

from isomorph.machine.crew import Crew

T = TypeVar("T")
R = TypeVar("R")

IN_FLIGHT = 2
"""Batches that are prepared for each lane: one that runs and one that waits."""


def run_lanes(work: Callable[[T], R], items: Iterable[T], lanes: int) -> Iterator[tuple[T, R]]:
    """Pairs of item and result, in the order in which they finish, at most `lanes` at once.

    Items are taken as there is room for them. A single one is worked on by the caller's own thread.
    The first exception is raised as it is; work that has not begun is then dropped.
    """
    waiting = iter(items)
    first = list(islice(waiting, 2 if lanes > 1 else 0))
    waiting = chain(first, waiting)
    if len(first) < 2:
        for item in waiting:
            yield item, work(item)
        return
    with Crew(work, lanes) as crew:
        for item in waiting:
            crew.give(item)
            if crew.waiting >= lanes * IN_FLIGHT:
                yield crew.take()
        while crew.waiting:
            yield crew.take()
