"""Locks of the operating system: one ends with the process that holds it, however that ends."""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from isomorph.machine.disk import NOT_HERE

_BEYOND = 1 << 30
"""The byte that is locked on Windows, where nobody may read what is locked: behind the file's content."""

_NO_LOCKS = (*NOT_HERE, errno.ENOLCK)


class Held(Exception):
    """Another process holds a lock; the message says which, as far as it is known."""


def lock(handle: int, wait: bool = False) -> bool:
    """Locks an open file or folder until it is closed; False where its file system has no locks.

    Raises:
        BlockingIOError: another process holds it, and we do not wait.
    """
    try:
        _lock(handle, wait)
    except BlockingIOError:
        raise
    except OSError as cause:
        if cause.errno in _NO_LOCKS:
            return False
        raise
    return True


if sys.platform == "win32":

    def _lock(handle: int, wait: bool) -> None:
        import msvcrt

        place = os.lseek(handle, 0, os.SEEK_CUR)
        os.lseek(handle, _BEYOND, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError as cause:
            if cause.errno in {errno.EACCES, errno.EDEADLK}:
                raise BlockingIOError(errno.EAGAIN, "another process holds the lock") from cause
            raise
        finally:
            os.lseek(handle, place, os.SEEK_SET)

else:

    def _lock(handle: int, wait: bool) -> None:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


@contextmanager
def exclusive(path: Path) -> Iterator[bool]:
    """Only one process at a time is within this block for this path; no other waits.

    The file at `path` is made, says who holds it, and is removed at the end. A killed process leaves
    the file, but not the lock. Yields False where the file system has no locks.

    Raises:
        Held: another process is within.
    """
    handle, locked = _named(path)
    try:
        os.ftruncate(handle, 0)
        os.write(handle, f"process {os.getpid()} on {socket.gethostname()}".encode())
        yield locked
    finally:
        if os.name == "posix":
            path.unlink(
                missing_ok=True
            )  # while it is held: nobody else has it open under this name
            os.close(handle)
        else:
            os.close(handle)  # files that are open cannot be removed there
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _named(path: Path) -> tuple[int, bool]:
    """An open file that is locked and still has its name: its last holder may have removed it."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
    while True:
        handle = os.open(path, flags, 0o666)
        try:
            locked = lock(handle)
            if _is_at(handle, path):
                return handle, locked
        except BlockingIOError:
            who = os.read(handle, 200).decode("utf-8", "replace")
            os.close(handle)
            raise Held(who if who.isprintable() else "") from None
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _is_at(handle: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), path.lstat())
    except FileNotFoundError:
        return False
