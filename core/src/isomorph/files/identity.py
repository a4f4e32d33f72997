"""Which state of a file was read: so that nobody takes the bytes of another one for it."""

from __future__ import annotations

import io
import mmap
import os
import stat
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import BadModel, ModelChanged
from isomorph.machine.afterwards import AFTERWARDS


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells one state of a file from another; times are in nanoseconds, sizes in bytes."""

    device: int
    inode: int
    size: int
    written: int

    @classmethod
    def of(cls, found: os.stat_result) -> Identity:
        """The identity in an answer of `os.stat` or `os.fstat`."""
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def found_at(path: Path) -> Identity | None:
    """The identity of the file that a path names, None where there is no file.

    Raises:
        BadModel: the path names a folder, a pipe or a device, is a link to nothing, or the file system takes
            no such name.
    """
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError) as cause:
        if path.is_symlink():
            raise BadModel(f"{path} is a link to a file that is not there.") from cause
        return None
    except (OSError, ValueError) as cause:
        raise BadModel(f"{str(path)[:200]} cannot be a file of a model: {cause}") from cause
    if not stat.S_ISREG(found.st_mode):
        raise BadModel(f"{path} is not a regular file; refused.")
    return Identity.of(found)


def changed(path: Path) -> ModelChanged:
    """The error for a file that is no longer what was read."""
    what = "has changed since it was read" if os.path.lexists(path) else "is gone since it was read"
    return ModelChanged(f"{path} {what}, and two models must not be mixed. Load the model again.")


def open_regular(path: Path) -> int:
    """A descriptor of a regular file, for reading; it waits for nobody, as a named pipe would.

    Raises:
        BadModel: the path names a pipe, a device or a folder.
        OSError: there is no such file, or it may not be read.
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise BadModel(f"{path} is not a regular file; refused.")
    return descriptor


class HeldFile:
    """A weight file that stays open: its bytes are those of one state, whatever takes its name.

    A file that is written in place changes under whoever has mapped it; `check` finds that out.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.identity = Identity.of(os.fstat(descriptor))
        self._descriptor = descriptor
        self._lock = Lock()
        AFTERWARDS.after(self, partial(os.close, descriptor))

    def check(self) -> None:
        """Refuses a file that was written in place or cut off; costs one call of the system.

        Raises:
            ModelChanged: the file has been written to since it was read.
        """
        found = os.fstat(self._descriptor)
        if (
            found.st_size != self.identity.size or found.st_mtime_ns != self.identity.written
        ):  # the name may be another file's by now, which is none of our bytes
            raise ModelChanged(
                f"{self.path} was written to since it was read, and its bytes are no longer those of "
                "one model. Load the model again; replace files by renaming new ones."
            )

    @property
    def has_its_name(self) -> bool:
        """Whether the path still names this very file: an engine may then open it by its path."""
        try:
            return Identity.of(self.path.stat()) == self.identity
        except OSError:
            return False

    def open(self) -> BinaryIO:
        """A stream over the held file, with a position of its own.

        Raises:
            ModelChanged: the file has been written to since it was read.
        """
        self.check()
        return io.BufferedReader(_Stream(self))

    def read_at(self, offset: int, size: int) -> bytes:
        """At most so many bytes from a place on; any number of threads and processes may read."""
        if hasattr(os, "pread"):
            return os.pread(self._descriptor, size, offset)
        with self._lock:  # one position for all who share the descriptor
            os.lseek(self._descriptor, offset, os.SEEK_SET)
            return os.read(self._descriptor, size)

    def map(self, offset: int, nbytes: int) -> NDArray[np.uint8]:
        """Bytes of the file, shape (nbytes,), uint8, mapped and read-only.

        Raises:
            ModelChanged: the file has been written to since it was read.
        """
        self.check()
        start = offset - offset % mmap.ALLOCATIONGRANULARITY
        size = offset - start + nbytes
        mapped = mmap.mmap(self._descriptor, size, access=mmap.ACCESS_READ, offset=start)
        return np.frombuffer(mapped, np.uint8, nbytes, offset - start)

    def map_private(self) -> mmap.mmap:
        """The whole file, mapped so that writing into the map never reaches the file."""
        self.check()
        return mmap.mmap(self._descriptor, 0, access=mmap.ACCESS_COPY)


class _Stream(io.RawIOBase):
    """Reads a held file from a position that nobody shares, as descendants of one descriptor would."""

    def __init__(self, held: HeldFile) -> None:
        self._held = held
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        found = self._held.read_at(self._at, len(buffer))
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        starts = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._held.identity.size}
        self._at = starts[whence] + offset
        return self._at
