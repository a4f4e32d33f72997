"""Vectors to files, window by window; a file appears under its name when it is complete."""

from __future__ import annotations

import json
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError

STDOUT = "-"


class Writer(ABC):
    """Takes vectors in order; `finish` is called once, after the last of them."""

    def __init__(self, stream: IO[bytes], dim: int) -> None:
        self._stream = stream
        self._dim = dim
        self.count = 0

    def write(self, vectors: NDArray[Any]) -> None:
        """Appends rows."""
        self._rows(vectors)
        self._dim = vectors.shape[1]
        self.count += len(vectors)

    @abstractmethod
    def _rows(self, vectors: NDArray[Any]) -> None: ...

    def finish(self) -> None:  # noqa: B027  not every format has an end
        """Writes what could not be known before."""


class NpyWriter(Writer):
    """numpy's format: the header has room for any number of rows and is written again at the end."""

    HEADER = 128

    def __init__(self, stream: IO[bytes], dim: int) -> None:
        super().__init__(stream, dim)
        stream.write(self._header())

    def _rows(self, vectors: NDArray[Any]) -> None:
        self._stream.write(np.ascontiguousarray(vectors, "<f4").tobytes())

    def finish(self) -> None:
        """The header with the shape that it came to."""
        self._stream.seek(0)
        self._stream.write(self._header())

    def _header(self) -> bytes:
        """Version 1.0 of the format: magic, length, a dict as text, padded to 64 bytes."""
        shape = (self.count, self._dim)
        text = repr({"descr": "<f4", "fortran_order": False, "shape": shape}).encode()
        room = self.HEADER - 10
        return b"\x93NUMPY\x01\x00" + room.to_bytes(2, "little") + text.ljust(room - 1) + b"\n"


class JsonLinesWriter(Writer):
    """One object a line: ``{"index":0,"embedding":[...]}``; its numbers read back as the same float32."""

    def _rows(self, vectors: NDArray[Any]) -> None:
        for index, row in enumerate(vectors.tolist(), self.count):
            record = {"index": index, "embedding": row}
            self._stream.write(json.dumps(record, separators=(",", ":")).encode() + b"\n")


FORMATS: dict[str, type[Writer]] = {".npy": NpyWriter, ".jsonl": JsonLinesWriter}


def check_output(output: str, source: str) -> None:
    """Refuses an output that cannot be written, before anything is computed.

    Raises:
        InputError: an unknown extension, no such folder, or the input file itself.
    """
    if output == STDOUT:
        return
    path = Path(output)
    if path.suffix.lower() not in FORMATS:
        known = " or ".join(FORMATS)
        raise InputError(
            f"--output {output!r} must end in {known}, or be {STDOUT!r} for JSON lines on stdout."
        )
    if not path.resolve().parent.is_dir():
        raise InputError(f"There is no folder {path.resolve().parent} to write {path.name} in.")
    if path.is_dir():
        raise InputError(f"--output {output!r} is a folder.")
    if source != STDOUT and path.exists() and Path(source).exists() and path.samefile(source):
        raise InputError(f"--output {output!r} is the input file.")


@contextmanager
def open_writer(output: str, dim: int) -> Iterator[Writer]:
    """A writer for the path's extension. Without an exception the file then stands under its name.

    It is written beside its place and moved there at the end, so that neither a reader nor a crash
    ever leaves half a file; what was there before stays until then.
    """
    if output == STDOUT:
        yield JsonLinesWriter(sys.stdout.buffer, dim)
        sys.stdout.buffer.flush()
        return
    target = Path(output).resolve()  # through a link, whose target is then replaced
    temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with temporary.open("xb") as stream:
            writer = FORMATS[target.suffix.lower()](stream, dim)
            yield writer
            writer.finish()
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
