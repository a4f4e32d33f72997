"""The end of worker processes, in bounded time."""

from __future__ import annotations

import atexit
from collections.abc import Sequence
from multiprocessing import process
from multiprocessing.context import SpawnProcess
from time import monotonic
from typing import Protocol

from isomorph.machine.afterwards import Living

GRACE = 1.0
"""Seconds that a worker has to end by itself, again after SIGTERM, and again after SIGKILL."""


class Closable(Protocol):
    """A pool that is to be closed when the program ends."""

    def close(self) -> None:
        """Ends all workers."""


_open: Living[Closable] = Living()


def end(processes: Sequence[SpawnProcess]) -> None:
    """Waits for workers whose lines are closed; those that still compute are ended."""
    for signal in (None, "terminate", "kill"):
        deadline = monotonic() + GRACE
        for each in processes:
            if signal is not None and each.is_alive():
                getattr(each, signal)()
        for each in processes:
            each.join(max(0.0, deadline - monotonic()))


def forget(processes: Sequence[SpawnProcess]) -> None:
    """In a forked child: multiprocessing would send these SIGTERM when the child ends, and wait for them."""
    children: set[object] = getattr(process, "_children", set())
    children.difference_update(processes)


def close_at_exit(pool: Closable) -> None:
    """Closes a pool at the end of the program, unless it is gone by then."""
    _open.add(pool)


def _close_all() -> None:
    for pool in list(_open):
        pool.close()


# After multiprocessing's own, so before it: that one waits for a stopped worker for ever.
atexit.register(_close_all)
