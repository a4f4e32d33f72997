"""Places for forwards: the lanes of a session, and the CPUs that all models of a process share."""

from __future__ import annotations

from _thread import allocate_lock
from collections import deque
from threading import Lock
from types import TracebackType
from weakref import ref

from isomorph.machine.forks import WORK

RECHECK = 0.5
"""Seconds after which a waiting thread looks for places whose holder was interrupted as it got them."""


class CpuBudget:
    """So many places that forwards take and give back. Who asks first is served first."""

    def __init__(self) -> None:
        self.after_fork()
        WORK.inherit(self)

    def after_fork(self) -> None:
        """In a child nothing runs, whatever runs in its parent."""
        self._lock = Lock()
        self._taken: dict[int, ref[Turn]] = {}
        self._waiting: deque[ref[Turn]] = deque()
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
            if not self._waiting and (not self._taken or self._are_free(turn)):
                self._taken[id(turn)] = ref(turn)
                return
            self._waiting.append(ref(turn))
        while not self._began(turn):
            pass

    def end(self, turn: Turn) -> None:
        """Gives the places of a turn back."""
        with self._lock:
            self._taken.pop(id(turn), None)
            self._wake()

    def _began(self, turn: Turn) -> bool:
        """Takes the places if it can; else waits until something may have changed."""
        with self._lock:
            self._let_go_of_the_dead()
            if self._waiting[0]() is turn and self._are_free(turn):
                self._taken[id(turn)] = self._waiting.popleft()
                self._wake()  # the next one may have places too
                return True
            sleeper = _Sleeper()
            self._sleepers.append(sleeper)
        sleeper.sleep(RECHECK)
        return False

    def _are_free(self, turn: Turn) -> bool:
        held = [other.places for each in self._taken.values() if (other := each()) is not None]
        return not held or sum(held) + turn.places <= turn.total

    def _let_go_of_the_dead(self) -> None:
        """Forgets turns that were interrupted between two steps of taking places or of giving them back."""
        self._taken = {key: each for key, each in self._taken.items() if each() is not None}
        self._waiting = deque(each for each in self._waiting if each() is not None)

    def _wake(self) -> None:
        while self._sleepers:
            self._sleepers.pop().wake()


class Turn:
    """Places of a budget, for the length of a ``with``; they are the turn's as long as somebody holds it.

    So an interrupt loses none, which may come after the places were taken and before the ``with`` has
    begun. A method that runs when the turn is freed would do too, but an interrupt within it is lost.
    """

    __slots__ = ("__weakref__", "_budget", "places", "total")

    def __init__(self, budget: CpuBudget, places: int, total: int) -> None:
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


class _Sleeper:
    """A thread that waits; what wakes it may come first."""

    __slots__ = ("_lock",)

    def __init__(self) -> None:
        self._lock = allocate_lock()
        self._lock.acquire()

    def sleep(self, seconds: float) -> None:
        self._lock.acquire(timeout=seconds)

    def wake(self) -> None:
        self._lock.release()


CPUS = CpuBudget()
"""That of this process."""
