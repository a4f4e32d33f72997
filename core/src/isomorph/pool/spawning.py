"""How a worker's process begins: without what of the program it could only fail at."""

from __future__ import annotations

import signal
import sys
from multiprocessing import process
from multiprocessing.context import SpawnProcess
from multiprocessing.process import current_process
from pathlib import Path
from threading import Lock
from typing import Any

from isomorph.errors import PoolBroken, Unsupported
from isomorph.machine.forks import WORK
from isomorph.pool.failure import GUARD


class _Births:
    """The starts of processes of this one, in turn."""

    def __init__(self) -> None:
        self.after_fork()
        WORK.inherit(self)

    def after_fork(self) -> None:
        """In a child: no start is under way."""
        self.in_turn = Lock()


_BIRTHS = _Births()


def refuse_here() -> None:
    """Refuses processes that may have no workers.

    Raises:
        PoolBroken: this is a worker that runs the main module of the program.
        Unsupported: this is a daemon of multiprocessing.
    """
    if getattr(current_process(), "_inheriting", False):
        raise PoolBroken(f"A worker process must not start a pool itself. {GUARD}")
    if current_process().daemon:
        raise Unsupported(
            "This process is a daemon of multiprocessing, such as a worker of multiprocessing.Pool, and a "
            "daemon may start no processes. Start the pool in its parent; or have the work done by "
            "concurrent.futures.ProcessPoolExecutor, whose workers may start some."
        )


def begin(born: SpawnProcess) -> None:
    """Starts a worker's process.

    A program that was read from stdin, or whose file is gone, is not run again in the worker: there is
    nothing to run. An interrupt waits in the worker until it ignores interrupts, or an import would fail.
    """
    with _BIRTHS.in_turn:
        main: dict[str, Any] = vars(sys.modules["__main__"])
        file = main.get("__file__")
        lost = isinstance(file, str) and main.get("__spec__") is None and not _is_there(file)
        if lost:
            del main["__file__"]
        try:
            _start_blocked(born)
        finally:
            if lost:
                main["__file__"] = file


def _is_there(file: str) -> bool:
    """Whether multiprocessing finds the main module's file, where it looks."""
    return (Path(getattr(process, "ORIGINAL_DIR", None) or "") / file).exists()


def _start_blocked(born: SpawnProcess) -> None:
    """Starts a process that inherits that SIGINT is blocked; `heed_no_interrupts` ends that."""
    if not hasattr(signal, "pthread_sigmask"):
        born.start()
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # its own start lets the signal through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
        born.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def heed_no_interrupts() -> None:
    """In a worker: Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT,))
