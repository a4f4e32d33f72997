"""What is done once an object is gone, on a thread of its own: there no interrupt comes.

Destructors, finalizers and callbacks of weak references run wherever the last reference goes, often in the
main thread. What is raised there is printed and dropped, so that an interrupt would be lost in them. Here the
callback is a function of the interpreter in C, which no interrupt enters: it leaves word, and a thread acts.
"""

from __future__ import annotations

import atexit
import sys
import threading
from _thread import allocate_lock, start_new_thread
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import get_ident
from typing import Any, Generic, TypeVar
from weakref import ref

T = TypeVar("T")

AT_EXIT = 5.0
"""Seconds that the end of the program waits for threads: daemon threads may have work for ever."""


class Living(Generic[T]):
    """Objects that are held weakly; one that is gone is forgotten in one step of the interpreter."""

    def __init__(self) -> None:
        self._refs: set[ref[T]] = set()

    def add(self, thing: T) -> None:
        """Holds one more; the same one twice is one."""
        self._refs.add(ref(thing, self._refs.discard))

    def __iter__(self) -> Iterator[T]:
        for each in tuple(self._refs):
            thing = each()
            if thing is not None:
                yield thing


class _Note(ref[Any]):
    """A reference that knows what is done when its object is gone."""

    __slots__ = ("at_exit", "work")

    work: Callable[[], object]
    at_exit: bool


class Afterwards:
    """Notes of what is done after objects, and the thread that does it."""

    def __init__(self) -> None:
        self._notes: dict[int, _Note] = {}
        self._inherited: list[dict[int, _Note]] = []
        self._gone: SimpleQueue[Any] = SimpleQueue()
        self._worker: int | None = None

    def after(self, thing: object, work: Callable[[], object], *, at_exit: bool = False) -> None:
        """Has `work` done once `thing` is gone; `work` must not hold it.

        Args:
            thing: anything that can be held weakly.
            work: what is done, on another thread. An error in it is told as one of a thread.
            at_exit: whether `work` is done at the end of the program too, where `thing` is still there.
        """
        self._begin()
        note = _Note(thing, self._gone.put)
        note.work, note.at_exit = work, at_exit
        self._notes[id(note)] = note

    def settle(self, seconds: float) -> bool:
        """Waits until all is done for objects that are gone by now; False where that takes longer.

        The thread that does it never waits for itself.
        """
        if self._worker is None or self._worker == get_ident():
            return True
        done = allocate_lock()
        done.acquire()
        self._gone.put(done.release)
        return done.acquire(timeout=seconds)

    def after_fork(self) -> None:
        """In a child: a thread of its own, for what is still there.

        What was gone by then is the parent's to end. It is kept here, since ending it may take the threads
        of an engine, which a child has none of.
        """
        self._inherited.append(self._notes)
        inherited, self._notes = self._notes, {}
        self._gone, self._worker = SimpleQueue(), None
        for note in inherited.values():
            thing = note()
            if thing is not None:
                self.after(thing, note.work, at_exit=note.at_exit)

    def end(self) -> None:
        """At the end of the program: what is done then, and nothing more after it."""
        self.settle(1.0)
        notes, self._notes = self._notes, {}
        for note in notes.values():
            if note.at_exit:
                note.work()

    def _begin(self) -> None:
        if self._worker is None:
            # Threads of the standard library take locks in Python, in which an interrupt may come.
            self._worker = start_new_thread(self._run, ())

    def _run(self) -> None:
        while True:
            came = self._gone.get()
            try:
                if isinstance(came, _Note):
                    self._notes.pop(id(came), None)
                    came.work()
                else:
                    came()
            except Exception:
                threading.excepthook(threading.ExceptHookArgs((*sys.exc_info(), None)))
            del came  # nothing lives on because the thread waits


AFTERWARDS = Afterwards()
"""That of this process."""

atexit.register(AFTERWARDS.end)
