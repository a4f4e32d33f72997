"""Threads that work for one call, and that an interrupt at any moment leaves without a lock taken.

Futures and executors of the standard library take locks in functions written in Python. An interrupt
between taking such a lock and giving it back keeps it, or gives the caller a `RuntimeError` about the lock
in place of the interrupt. The queues here are those of the interpreter, which no interrupt finds half taken.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from isomorph.machine.afterwards import AFTERWARDS, Living

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

    ``with Crew(work, most, name) as crew:`` ends when the items that threads work on are done; items that no
    thread has begun are dropped.
    """

    def __init__(self, work: Callable[[T], R], most: int, name: str) -> None:
        """Begins nothing yet. Threads end with the crew, also where interrupts come while it ends."""
        self.waiting = 0
        """Items that were given and whose results were not taken."""
        self._work = work
        self._most = most
        self._name = name
        self._orders: SimpleQueue[_Order[T]] = SimpleQueue()
        self._answers: SimpleQueue[tuple[T, Outcome[R]]] = SimpleQueue()
        self._threads: list[Thread] = []
        AFTERWARDS.after(self, partial(_dismiss, self._orders, most))

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
        if len(self._threads) < min(self._most, self.waiting + 1):
            # A daemon, since an interrupt may come while it starts: then nobody knows whether it will end.
            thread = Thread(
                target=_run,
                args=(self._work, self._orders, self._answers),
                name=f"{self._name}_{len(self._threads)}",
                daemon=True,
            )
            thread.start()
            self._threads.append(thread)
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

    def _end(self) -> None:
        """Drops what was not begun, and waits for what was."""
        _dismiss(self._orders, self._most)
        for thread in self._threads:
            thread.join()
            _forget(thread)


def _dismiss(orders: SimpleQueue[Any], most: int) -> None:
    """Drops what was not begun, and has up to `most` threads end; once more does no harm."""
    with suppress(Empty):
        while True:
            orders.get_nowait()
    for _ in range(most):
        orders.put(None)


def _run(
    work: Callable[[T], R],
    orders: SimpleQueue[_Order[T]],
    answers: SimpleQueue[tuple[T, Outcome[R]]],
) -> None:
    while (order := orders.get()) is not None:
        (item,) = order
        answers.put((item, Outcome(work, item)))
        del order, item  # nothing lives on because a thread waits


def _forget(thread: Thread) -> None:
    """Takes an ended thread out of the interpreter's weak list, whose callback would lose an interrupt.

    What is raised in a callback of a weak reference is printed and dropped.
    """
    known = getattr(threading, "_dangling", None)
    if known is not None:
        known.discard(thread)


_open: Living[Crew[Any, Any]] = Living()


def _end_all() -> None:
    """Ends those of streams that nobody has read to their end: an engine must not be left at work."""
    for crew in _open:
        crew._end()


atexit.register(_end_all)
