"""Threads that do whatever they are given, and that live as long as their owner."""

from __future__ import annotations

import atexit
from _thread import start_new_thread
from collections.abc import Callable
from queue import Empty, SimpleQueue

from isomorph.machine.afterwards import Living
from isomorph.machine.crew import Working, dismiss

Task = Callable[[], None]


class Hands:
    """So many threads, begun with the first task. They take no lock that an interrupt could keep."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.after_fork()
        _ALL.add(self)

    def after_fork(self) -> None:
        """In a child: no threads yet, and nothing to do."""
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        self._places: SimpleQueue[None] = SimpleQueue()
        for _ in range(self._most):
            self._places.put(None)
        self._begun = False
        self._working = Working()

    def do(self, task: Task) -> None:
        """Has a task done; never waits. The task itself must deal with its errors."""
        self._tasks.put(task)
        if not self._begun:  # once more, after an interrupt or by two at once, does no harm
            for _ in range(self._most):
                start_new_thread(_run, (self._tasks, self._places, self._working))
            self._begun = True

    def end(self, wait: bool = False) -> None:
        """Drops what was not begun, and has the threads end; with `wait` waits for what was begun."""
        dismiss(self._tasks, self._most)
        if wait:
            self._working.wait()


def _run(tasks: SimpleQueue[Task | None], places: SimpleQueue[None], working: Working) -> None:
    try:
        places.get_nowait()
    except Empty:
        return  # there are as many threads as may be
    while (task := tasks.get()) is not None:
        with working:
            task()
        del task  # nothing lives on because a thread waits


_ALL: Living[Hands] = Living()


def _end_all() -> None:
    """At the end of the program an engine must not be left at work."""
    for hands in _ALL:
        hands.end(wait=True)


atexit.register(_end_all)
