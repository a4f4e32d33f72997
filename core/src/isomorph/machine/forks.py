"""Forks: they happen while no model is at work, and a child makes anew what its parent's threads had.

A child has one thread. A lock that another thread held when it was made stays locked in it for ever, be it
ours, an engine's or an import's, and the threads of engines are not there. So a fork waits until no thread
loads or runs a model, and who owns locks and sessions makes new ones in the child.
"""

from __future__ import annotations

import atexit
import concurrent.futures.thread  # noqa: F401
import ctypes
import logging  # noqa: F401
import os
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import RLock, get_ident, local
from time import monotonic, sleep
from typing import TYPE_CHECKING, Protocol

from isomorph.errors import Unsupported
from isomorph.machine.afterwards import AFTERWARDS, AT_EXIT, Living

if TYPE_CHECKING:
    from _thread import RLock as Held

PATIENCE = 30.0
"""Seconds that a fork waits for the forwards and loads of other threads. Then its child runs no model."""

REST = 2.0
"""Seconds that a fork waits for the threads of engines to sleep. Those of its own program may never."""


class Heir(Protocol):
    """An owner of locks or sessions."""

    def after_fork(self) -> None:
        """Makes new ones, in the child; waits for nothing."""


class Work:
    """Who is at work: a thread holds a lock of its own meanwhile, and a fork takes the locks of all others.

    The locks are the interpreter's, so that no interrupt comes between taking one and giving it back.

    Attributes:
        generation: how many forks lie between this process and the one that imported this.
        refused: whether this is the child of a fork that would wait no longer, and may run no model.
    """

    def __init__(self) -> None:
        self.generation = 0
        self._in_use: set[str] = set()
        self._lost: set[str] = set()
        self._heirs: Living[Heir] = Living()
        self._begin(refused=False)

    def _begin(self, refused: bool) -> None:
        self.refused = refused
        self._own = local()
        self._locks: Living[Held] = Living()
        self._one_fork = RLock()
        self._forker: int | None = None
        self._taken: list[Held] = []
        self._impatient: set[int] = set()
        self._is_ending = False

    def __call__(self) -> Held:
        """The lock that this thread holds while it loads or runs something: ``with WORK():``.

        Raises:
            Unsupported: this is the child of a fork that would wait no longer.
        """
        try:
            lock: Held = self._own.lock
        except AttributeError:
            lock = self._register()
        # Or a fork might never find a thread that works again and again at rest.
        if self._forker is not None and not lock._is_owned() and not self._fork_is_over():  # type: ignore[attr-defined]
            lock = self._own.lock = RLock()
        return lock

    def inherit(self, heir: Heir) -> None:
        """Has `after_fork` called in every child, as long as the heir lives."""
        self._heirs.add(heir)

    def use(self, kind: str) -> None:
        """Says that a kind of device other than the CPU is used from now on.

        Raises:
            Unsupported: this is a child whose parent has used it: what its driver knows is of that process.
        """
        if kind in self._lost:
            raise Unsupported(
                f"This process was forked after its parent had loaded a model on a device of kind {kind!r}, "
                "whose driver does not survive a fork. Load models in the child alone, or start processes "
                "by the methods spawn or forkserver."
            )
        self._in_use.add(kind)

    def _register(self) -> Held:
        if self.refused:
            raise Unsupported(
                "This process was forked while another thread of its parent loaded or ran a model, which "
                f"did not come to an end in the {PATIENCE:.0f} s that a fork waits. What that thread held "
                "cannot be had here. Fork while no model is at work, or start processes by the methods "
                "spawn or forkserver."
            )
        lock = RLock()
        if not self._is_ending:
            with self._one_fork:
                self._locks.add(lock)
        self._own.lock = lock
        return lock

    def _fork_is_over(self) -> bool:
        """Waits until nobody forks; some seconds for the end of the program, which is never over.

        What was registered to be called at the end before this module was imported comes after `end`, and
        may wait for the work of a thread.
        """
        if not self._is_ending:
            with self._one_fork:
                return True
        found = self._one_fork.acquire(timeout=AT_EXIT)
        if found:
            self._one_fork.release()
        return found

    def before_fork(self) -> None:
        """Waits until no other thread is at work, and keeps all of them from beginning."""
        end = monotonic() + PATIENCE
        if not self._hold(end):
            self._impatient.add(get_ident())
        if self._forker == get_ident() and self._taken:
            wait_for_rest(min(end, monotonic() + REST))

    def end(self) -> None:
        """At the end of the program: waits as a fork does, but not as long, and lets nobody begin again.

        A daemon thread that comes back from an engine when the interpreter is gone is ended in the middle of
        C++, which ends the process by SIGABRT, or never.
        """
        self._is_ending = True
        self._hold(monotonic() + AT_EXIT)

    def _hold(self, end: float) -> bool:
        """Takes the locks of all other threads; False where some did not come by the monotonic time `end`."""
        if not self._one_fork.acquire(timeout=max(0.0, end - monotonic())):
            return False
        self._forker = get_ident()
        all_came = True
        for lock in list(self._locks):
            if lock.acquire(timeout=max(0.0, end - monotonic())):
                self._taken.append(lock)
            else:
                all_came = False
        return all_came

    def after_fork_in_parent(self) -> None:
        """Lets all go on."""
        me = get_ident()
        self._impatient.discard(me)
        if self._forker == me:
            while self._taken:
                self._taken.pop().release()
            self._forker = None
            self._one_fork.release()

    def after_fork_in_child(self) -> None:
        """Nobody is at work here, whoever is in the parent."""
        self.generation += 1
        self._lost |= self._in_use
        self._begin(refused=self.refused or get_ident() in self._impatient)
        for heir in list(self._heirs):
            heir.after_fork()


def keep_for_ever(thing: object) -> None:
    """Has a thing live as long as this process, and never end: not even when the interpreter does.

    An engine's session that a child inherits waits for threads that are not there when it is freed.
    """
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(thing))


def wait_for_rest(end: float) -> None:
    """Waits until every thread that is not Python's sleeps, or until the monotonic time `end`.

    An engine's thread works on after the forward that it served: it tells its scheduler that it leaves, and
    spins a while. What it holds in that moment is held for ever in a child, which then never ends.
    """
    ours = {str(thread.native_id) for thread in threading.enumerate()}
    while any(_runs(task) for task in _tasks() if task.name not in ours):
        if monotonic() > end:
            return
        sleep(0.0005)


def _tasks() -> list[Path]:
    """The threads of this process, where the system tells them: on Linux."""
    with suppress(OSError):
        return list(Path("/proc/self/task").iterdir())
    return []


def _runs(task: Path) -> bool:
    """Whether a thread is running or would, had it a CPU."""
    with suppress(OSError):  # it has ended
        return (task / "stat").read_text().rpartition(")")[2].split()[0] == "R"
    return False


WORK = Work()
"""That of this process."""


def _end() -> None:
    AFTERWARDS.end()  # first: what ends sessions may have to work for that
    WORK.end()


atexit.register(_end)

# What was registered last comes first: those two take locks that the threads need that are waited for.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=AFTERWARDS.after_fork)
    os.register_at_fork(
        before=WORK.before_fork,
        after_in_parent=WORK.after_fork_in_parent,
        after_in_child=WORK.after_fork_in_child,
    )
    os.register_at_fork(before=partial(AFTERWARDS.settle, REST))
