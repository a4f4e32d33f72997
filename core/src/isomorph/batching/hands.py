"""Threads that do whatever they are given, and that live as long as their owner."""

from __future__ import annotations

import atexit
from _thread import get_ident, start_new_thread
from collections.abc import Callable
from queue import Empty, SimpleQueue

from isomorph.machine.afterwards import AT_EXIT, Living
from isomorph.machine.crew import Working, dismiss

Task = Callable[[], None]


class Hands:
    """So many threads, begun when they are needed. They take no lock that an interrupt could keep."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.after_fork()
        _ALL.add(self)

    def after_fork(self) -> None:
        """In a child: no threads yet, and nothing to do."""
        self._post = _Post(self._most)

    def do(self, task: Task) -> None:
        """Has a task done; never waits. The task itself must deal with its errors."""
        self._post.tasks.put(task)
        if not self._post.listeners:
            self._post.call()

    def end(self, wait: bool = False) -> None:
        """Drops what was not begun, and has the threads end; with `wait` waits some seconds for the rest."""
        dismiss(self._post.tasks, self._most)
        self._post.wake()
        if wait:
            self._post.working.wait(AT_EXIT)


class _Post:
    """Where tasks lie, and who waits for them: one thread, as long as that is enough.

    Whoever takes from a queue wakes the next one who waits at it, for nothing. So the other threads wait for
    the word that nobody listens. What several change at once is of kinds that the interpreter keeps whole.
    """

    def __init__(self, most: int) -> None:
        self.tasks: SimpleQueue[Task | None] = SimpleQueue()
        self.listeners: set[int] = set()
        self.working = Working()
        self.places: SimpleQueue[None] = SimpleQueue()
        for _ in range(most):
            self.places.put(None)
        self._most = most
        self._begun = 0
        self._words: SimpleQueue[None] = SimpleQueue()

    def take(self) -> Task | None:
        """The next task, for which it waits; None to end."""
        while self.listeners and self.tasks.empty():
            self._words.get()
        self.listeners.add(get_ident())
        task = self.tasks.get()
        self.listeners.discard(get_ident())
        if task is None:
            self.wake()  # the next one is to end too
        elif not self.listeners and not self.tasks.empty():
            self.call()  # for what came in this moment
        return task

    def call(self) -> None:
        """Has one more thread listen, if there may be one."""
        if (
            self._begun < self._most
        ):  # once more, after an interrupt or by two at once, does no harm
            start_new_thread(_run, (self,))
            self._begun += 1
        else:
            self.wake()

    def wake(self) -> None:
        """Says that nobody listens."""
        if self._words.empty():
            self._words.put(None)


def _run(post: _Post) -> None:
    try:
        post.places.get_nowait()
    except Empty:
        return  # there are as many threads as may be
    while (task := post.take()) is not None:
        with post.working:
            task()
        del task  # nothing lives on because a thread waits


_ALL: Living[Hands] = Living()


def _end_all() -> None:
    """At the end of the program an engine must not be left at work."""
    for hands in _ALL:
        hands.end(wait=True)


atexit.register(_end_all)
