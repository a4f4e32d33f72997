"""Standard streams that a program was started without, as ``>&-`` and some daemons start it."""

from __future__ import annotations

import errno
import io
import os
import sys
from pathlib import Path
from typing import IO, Any


class _Closed(io.RawIOBase):
    """Says of every byte that the stream is closed."""

    def __init__(self, name: str) -> None:
        self.name = name

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        raise OSError(errno.EBADF, f"{self.name} is closed")

    def write(self, data: object) -> int:
        raise OSError(errno.EBADF, f"{self.name} is closed")


def stand_in() -> None:
    """Puts something in the place of each standard stream that is not there.

    Their numbers are taken, so that no file which is opened later gets one of them: what a library prints
    would be written into that file. Reading and writing a closed stream is an `OSError` that names it, and
    messages for a closed stderr go nowhere.
    """
    if None not in (sys.stdin, sys.stdout, sys.stderr):
        return
    _HELD.append(_nowhere())
    while _HELD[-1].fileno() <= 2:
        _HELD.append(_nowhere())
    if sys.stdin is None:
        sys.stdin = _text("stdin")
    if sys.stdout is None:
        sys.stdout = _text("stdout")
    if sys.stderr is None:
        sys.stderr = io.TextIOWrapper(_nowhere(), encoding="utf-8", write_through=True)


_HELD: list[IO[bytes]] = []
"""What has the numbers of closed streams, as long as the process lives."""


def _nowhere() -> IO[bytes]:
    return Path(os.devnull).open("wb", buffering=0)


def _text(name: str) -> io.TextIOWrapper:
    """A text stream that keeps nothing, so that no byte is lost in silence at the end."""
    raw: Any = _Closed(name)
    return io.TextIOWrapper(raw, encoding="utf-8", write_through=True)
