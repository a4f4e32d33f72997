"""Several forwards at once: results come as they finish, errors come at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import chain, islice
from typing import TypeVar

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
    with ThreadPoolExecutor(lanes, thread_name_prefix="isomorph-lane") as pool:
        pending: dict[Future[R], T] = {}
        try:
            for item in waiting:
                pending[pool.submit(work, item)] = item
                if len(pending) >= lanes * IN_FLIGHT:
                    yield from _finished(pending)
            while pending:
                yield from _finished(pending)
        finally:
            for future in pending:
                future.cancel()


def _finished(pending: dict[Future[R], T]) -> Iterator[tuple[T, R]]:
    done, _ = wait(pending, return_when=FIRST_COMPLETED)
    for future in done:
        item = pending.pop(future)
        yield item, future.result()
