"""The CPUs of this process, shared by the forwards of all its models."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class Budget:
    """So many CPUs that forwards take and give back. Who asks first is served first."""

    def __init__(self) -> None:
        self._begin()

    @contextmanager
    def take(self, cpus: int, total: int) -> Iterator[None]:
        """Waits until `cpus` of `total` are free; all of them are enough for a forward that wants more.

        Nobody overtakes, so that a forward on many CPUs gets them although small ones keep coming.
        """
        turn = object()
        with self._changed:
            self._waiting.append(turn)
            try:
                self._changed.wait_for(lambda: self._may_begin(turn, cpus, total))
                self._taken += cpus
            finally:  # also where an exception ends the waiting
                self._waiting.remove(turn)
                self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._taken -= cpus
                self._changed.notify_all()

    def _may_begin(self, turn: object, cpus: int, total: int) -> bool:
        free = not self._taken or self._taken + cpus <= total
        return self._waiting[0] is turn and free

    def _begin(self) -> None:
        self._changed = Condition()
        self._waiting: deque[object] = deque()
        self._taken = 0


CPUS = Budget()
"""That of this process. In a forked child nothing runs, whatever ran in its parent."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=CPUS._begin)
