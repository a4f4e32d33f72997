"""Vectors to files, window by window; a file appears under its name when it is complete."""

from __future__ import annotations

import json
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from isomorph.cli.answer import answer
from isomorph.errors import InputError
from isomorph.machine.disk import rename, sync
from isomorph.machine.optional import Library

STDOUT = "-"
_ROWS = 65536  # of a group in a parquet file
_LINE = 4 << 20  # bytes that no line of JSON has: a vector of 100,000 numbers takes half of them


class Writer(ABC):
    """Rows to a stream, in order. `count` and `dim` are given for a stream that holds some already."""

    begins_with = b""
    paths: Sequence[str] = ()
    """Of every row the file that it is of, where rows are of files."""
    reasons: Mapping[int, str] = {}
    """Why rows are NaN."""

    def __init__(self, stream: IO[bytes], dim: int, count: int = 0) -> None:
        self.stream = stream
        self.dim = dim
        self.count = count
        if not count:
            stream.write(self.begins_with)

    def write(self, vectors: NDArray[Any]) -> None:
        """Appends rows (n, dim)."""
        self._rows(vectors)
        self.dim = vectors.shape[1]
        self.count += len(vectors)

    @abstractmethod
    def _rows(self, vectors: NDArray[Any]) -> None: ...

    @classmethod
    @abstractmethod
    def holds(cls, stream: IO[bytes], size: int, rows: int, dim: int) -> bool:
        """Whether the first `size` bytes can be so many rows; `dim` 0 is not known."""

    def publish(self, part: Path, target: Path) -> None:
        """Makes the finished file of the synced rows in `part` and gives it its name in one step."""
        rename(part, target)


class _Numbers(Writer):
    """Rows as bare float32 numbers."""

    def _rows(self, vectors: NDArray[Any]) -> None:
        self.stream.write(np.ascontiguousarray(vectors, "<f4").tobytes())

    @classmethod
    def holds(cls, stream: IO[bytes], size: int, rows: int, dim: int) -> bool:
        """As in `Writer`."""
        numbers = size - len(cls.begins_with)
        if dim == 0 and rows > 0:
            return numbers > 0 and numbers % (4 * rows) == 0
        return numbers == 4 * rows * dim


class NpyWriter(_Numbers):
    """numpy's format: the header has room for any number of rows and is written at the end."""

    HEADER = 128
    begins_with = bytes(HEADER)

    def publish(self, part: Path, target: Path) -> None:
        """The header with the shape that it came to."""
        with part.open("r+b") as stream:
            stream.write(self._header())
            stream.flush()
            os.fsync(stream.fileno())
        rename(part, target)

    def _header(self) -> bytes:
        """Version 1.0 of the format: magic, length, a dict as text, padded to 64 bytes."""
        shape = (self.count, self.dim)
        text = repr({"descr": "<f4", "fortran_order": False, "shape": shape}).encode()
        room = self.HEADER - 10
        return b"\x93NUMPY\x01\x00" + room.to_bytes(2, "little") + text.ljust(room - 1) + b"\n"


ARROW = Library("pyarrow", "Writing parquet needs pyarrow")


class ParquetWriter(_Numbers):
    """A column ``embedding`` of float32 lists. Rows wait as bare numbers, since a footer ends the format.

    Of files there are two more: ``path``, and ``error``, which is null unless the row is NaN.

    Raises:
        Unsupported: pyarrow is not installed.
    """

    def __init__(self, stream: IO[bytes], dim: int, count: int = 0) -> None:
        ARROW.refuse_without()
        super().__init__(stream, dim, count)

    def publish(self, part: Path, target: Path) -> None:
        """Copies the rows, group by group, into the format."""
        arrow: Any = ARROW.module()
        parquet: Any = ARROW.module("parquet")
        kind = arrow.list_(arrow.float32(), self.dim)
        named = [("path", arrow.string()), ("error", arrow.string())] if self.paths else []
        schema = arrow.schema([*named, ("embedding", kind)])
        temporary = target.with_name(f".{target.name}.new")  # one process at a time makes it
        shape = (self.count, self.dim)
        rows = np.memmap(part, "<f4", "r", shape=shape) if self.count else np.zeros(shape, "<f4")
        try:
            with parquet.ParquetWriter(temporary, schema) as file:
                for begin in range(0, self.count, _ROWS):
                    group = arrow.array(np.asarray(rows[begin : begin + _ROWS]).reshape(-1))
                    column = arrow.FixedSizeListArray.from_arrays(group, self.dim)
                    columns = [*self._names(begin, len(column)), column] if named else [column]
                    file.write_table(arrow.Table.from_arrays(columns, schema=schema))
            sync(temporary)
            rename(temporary, target)
        except BaseException:
            temporary.unlink(missing_ok=True)  # the rows stay in the part
            raise
        part.unlink()

    def _names(self, begin: int, count: int) -> list[Any]:
        """The columns beside the vectors, of some rows."""
        arrow: Any = ARROW.module()
        rows = range(begin, begin + count)
        paths = [self.paths[row] for row in rows]
        errors = [self.reasons.get(row) for row in rows]
        return [arrow.array(paths, arrow.string()), arrow.array(errors, arrow.string())]


class JsonLinesWriter(Writer):
    """One object a line: ``{"index":0,"embedding":[...]}``; its numbers read back as the same float32.

    Of a file it has its ``path`` too. A row that is NaN is null, and has an ``error``.
    """

    def _rows(self, vectors: NDArray[Any]) -> None:
        for index, row in enumerate(vectors.tolist(), self.count):
            record: dict[str, Any] = {"index": index}
            if self.paths:
                record["path"] = self.paths[index]
            bad = index in self.reasons
            if bad:
                record["error"] = self.reasons[index]
            record["embedding"] = None if bad else row
            self.stream.write(json.dumps(record, separators=(",", ":")).encode() + b"\n")

    @classmethod
    def holds(cls, stream: IO[bytes], size: int, rows: int, dim: int) -> bool:
        """As in `Writer`: the last line says how many there are."""
        if rows == 0 or size == 0:
            return rows == size == 0
        stream.seek(max(0, size - _LINE))
        before, _, last = stream.read(min(size, _LINE)).removesuffix(b"\n").rpartition(b"\n")
        whole = bool(before) or size < _LINE
        return (
            whole
            and last.startswith(b'{"index":%d,' % (rows - 1))
            and last.endswith((b"]}", b":null}"))
        )


FORMATS: dict[str, type[Writer]] = {
    ".npy": NpyWriter,
    ".jsonl": JsonLinesWriter,
    ".parquet": ParquetWriter,
}


def check_output(output: str, source: str) -> None:
    """Refuses an output that cannot be written, before anything is computed.

    Raises:
        InputError: an unknown extension, no such folder, or the input file itself.
    """
    if output == STDOUT:
        return
    path = Path(output)
    if path.suffix.lower() not in FORMATS:
        known = ", ".join(FORMATS)
        raise InputError(
            f"--output {output!r} must end in one of {known}, or be {STDOUT!r} for JSON lines on stdout."
        )
    if not path.resolve().parent.is_dir():
        raise InputError(f"There is no folder {path.resolve().parent} to write {path.name} in.")
    if path.is_dir():
        raise InputError(f"--output {output!r} is a folder.")
    if source != STDOUT and path.exists() and Path(source).exists() and path.samefile(source):
        raise InputError(f"--output {output!r} is the input file.")


def standard_output(dim: int) -> Writer:
    """JSON lines on stdout."""
    return JsonLinesWriter(answer().buffer, dim)
