"""Threads that work for one call, and that an interrupt at any moment leaves without a lock taken.

Futures and executors of the standard library take locks in functions written in Python. An interrupt
between taking such a lock and giving it back keeps it, or gives the caller a `RuntimeError` about the lock
in place of the interrupt; `Thread.start` waits for such a lock too. Threads and queues here are those of the
interpreter, which no interrupt finds half taken.
"""

from __future__ import annotations

import atexit
from _thread import get_ident, start_new_thread
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from math import inf
from os import getpid
from queue import Empty, SimpleQueue
from time import monotonic
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from isomorph.machine.afterwards import AFTERWARDS, AT_EXIT, Living

T = TypeVar("T")
R = TypeVar("R")

_Order = tuple[T] | None


class Outcome(Generic[R]):
    """What became of an item: a result, or an error that was raised in place of one."""

    def __init__(self, work: Callable[[T], R], item: T) -> None:
        self._error: BaseException | None = None
        try:
            self._result = work(item)
        except BaseException as error:
            self._error = error

    def result(self) -> R:
        """The result; the error is raised as it is."""
        if self._error is None:
            return self._result
        try:
            raise self._error
        finally:
            del self  # the traceback of the error holds this frame


class Crew(Generic[T, R]):
    """Does one kind of work on up to `most` threads, which begin when they are needed.

    ``with Crew(work, most) as crew:`` ends when the items that threads work on are done; items that no
    thread has begun are dropped.
    """

    def __init__(self, work: Callable[[T], R], most: int) -> None:
        """Begins nothing yet. Threads end with the crew, also where interrupts come while it ends."""
        self.waiting = 0
        """Items that were given and whose results were not taken."""
        self._work = work
        self._most = most
        self._begun = 0
        self._orders: SimpleQueue[_Order[T]] = SimpleQueue()
        self._answers: SimpleQueue[tuple[T, Outcome[R]]] = SimpleQueue()
        self._working = Working()
        AFTERWARDS.after(self, partial(dismiss, self._orders, most))

    def __enter__(self) -> Self:
        _open.add(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def give(self, item: T) -> None:
        """Has an item worked on; never waits for that."""
        if self._begun < min(self._most, self.waiting + 1):
            start_new_thread(_run, (self._work, self._orders, self._answers, self._working))
            self._begun += 1
        self._orders.put((item,))
        self.waiting += 1

    def take(self) -> tuple[T, R]:
        """The next item that is done, and its result; waits for it. The work's error is raised as it is."""
        item, outcome = self.answer()
        return item, outcome.result()

    def answer(self) -> tuple[T, Outcome[R]]:
        """The next item that is done, and what became of it; waits for it."""
        answer = self._answers.get()
        self.waiting -= 1
        return answer

    def _end(self, most: float = inf) -> None:
        """Drops what was not begun, and waits for what was, for `most` seconds."""
        dismiss(self._orders, self._most)
        self._working.wait(most)


class Working:
    """Which threads are at work, and the wait for their end.

    A thread enters itself before it takes an order. One that an interrupt hid while it was started is thus
    waited for where it has work, and ends by itself where it has none.
    """

    def __init__(self) -> None:
        self._process = getpid()
        self._threads: set[int] = set()
        self._word: SimpleQueue[None] = SimpleQueue()

    def __enter__(self) -> None:
        self._threads.add(get_ident())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._threads.discard(get_ident())
        self._word.put(None)

    def wait(self, most: float = inf) -> None:
        """Until no thread is at work, or for `most` seconds; a word that an interrupt swallowed delays that.

        A forked child waits for none: these threads are its parent's.
        """
        end = monotonic() + most
        while self._threads and self._process == getpid() and monotonic() < end:
            with suppress(Empty):
                self._word.get(timeout=1.0)


def dismiss(orders: SimpleQueue[Any], most: int) -> None:
    """Drops what was not begun, and has up to `most` threads end at None; once more does no harm."""
    with suppress(Empty):
        while True:
            orders.get_nowait()
    for _ in range(most):
        orders.put(None)


def _run(
    work: Callable[[T], R],
    orders: SimpleQueue[_Order[T]],
    answers: SimpleQueue[tuple[T, Outcome[R]]],
    working: Working,
) -> None:
    with working:
        while (order := orders.get()) is not None:
            (item,) = order
            answers.put((item, Outcome(work, item)))
            del order, item  # nothing lives on because a thread waits


_open: Living[Crew[Any, Any]] = Living()


def _end_all() -> None:
    """Ends those of streams that nobody has read to their end: an engine must not be left at work."""
    for crew in _open:
        crew._end(AT_EXIT)


atexit.register(_end_all)
