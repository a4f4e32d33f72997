"""Places for forwards: the lanes of a session, and the CPUs that all models of a process share."""

from __future__ import annotations

from _thread import allocate_lock
from collections import deque
from threading import RLock
from types import TracebackType

from isomorph.forks import WORK


class Budget:
    """So many places that forwards take and give back. Who asks first is served first."""

    def __init__(self) -> None:
        self.after_fork()
        WORK.inherit(self)

    def after_fork(self) -> None:
        """In a child nothing runs, whatever runs in its parent."""
        # A turn may end in the midst of anything of its own thread, when it is freed.
        self._lock = RLock()
        self._taken: dict[int, int] = {}
        self._waiting: deque[int] = deque()
        self._sleepers: list[_Sleeper] = []

    def take(self, places: int, total: int) -> Turn:
        """To be entered by ``with``, which waits until `places` of `total` are free.

        All of them are enough for a forward that wants more. Nobody overtakes, so that a forward on many
        CPUs gets them although small ones keep coming.
        """
        return Turn(self, places, total)

    def begin(self, turn: Turn) -> None:
        """Waits for the places of a turn, and takes them."""
        with self._lock:
            if not self._waiting and self._are_free(turn):
                self._taken[id(turn)] = turn.places
                return
            self._waiting.append(id(turn))
        while not self._began(turn):
            pass

    def end(self, turn: Turn) -> None:
        """Gives the places of a turn back, or its place in the queue. Once more does nothing."""
        with self._lock:
            self._taken.pop(id(turn), None)
            if self._waiting and id(turn) in self._waiting:
                self._waiting.remove(id(turn))
            while self._sleepers:
                self._sleepers.pop().wake()

    def _began(self, turn: Turn) -> bool:
        """Takes the places if it can; else waits until something has changed."""
        sleeper = _Sleeper()
        with self._lock:
            if self._waiting[0] == id(turn) and self._are_free(turn):
                self._waiting.popleft()
                self._taken[id(turn)] = turn.places
                while self._sleepers:  # the next one may have places too
                    self._sleepers.pop().wake()
                return True
            self._sleepers.append(sleeper)
        sleeper.sleep()
        return False

    def _are_free(self, turn: Turn) -> bool:
        taken = self._taken
        return not taken or sum(taken.values()) + turn.places <= turn.total


class Turn:
    """Places of a budget, for the length of a ``with``.

    An interrupt may come at any step, also after the places were taken and before the ``with`` has begun,
    or while they are given back: then they are free when the turn is, which its caller alone holds.
    """

    __slots__ = ("_budget", "places", "total")

    def __init__(self, budget: Budget, places: int, total: int) -> None:
        self._budget = budget
        self.places = places
        self.total = total

    def __enter__(self) -> None:
        self._budget.begin(self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._budget.end(self)

    def __del__(self) -> None:
        if id(self) in self._budget._taken or id(self) in self._budget._waiting:
            self._budget.end(self)


class _Sleeper:
    """A thread that waits; what wakes it may come first."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._lock.acquire()

    def sleep(self) -> None:
        self._lock.acquire()

    def wake(self) -> None:
        self._lock.release()


CPUS = Budget()
"""That of this process."""
