"""A file of records is changed in one step, whoever else writes to it; a full disk leaves it as it was."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from isomorph.errors import InputError
from isomorph.machine.disk import rename, sync
from isomorph.machine.locks import lock
from isomorph_bench.records.lines import read, records_of, written
from isomorph_bench.records.run import Record


def ready(file: Path) -> None:
    """Asks whether a file takes records, before hours are spent on one; leaves nothing behind.

    Raises:
        InputError: it cannot be written, or what it holds already is no record.
    """
    there = file.exists()
    try:
        with file.open("ab"):
            pass
        if not there:
            file.unlink()
    except OSError as cause:
        raise InputError(f"{file} cannot take records: {cause.strerror}.") from cause
    if file.is_file() and file.stat().st_size:
        read(file)


def append(file: Path, record: Record) -> None:
    """Adds a record to a file, which is made where it is not there.

    Raises:
        InputError: it cannot be written whole; the file is as it was before.
    """

    def more(there: bytes) -> bytes:
        whole = not there or there.endswith(b"\n")
        return there + b"\n" * (not whole) + _lines(record)

    _change(file, more)


def replace(file: Path, record: Record) -> None:
    """Adds a record to a file in place of those that were asked the same.

    Raises:
        InputError: it cannot be written whole, or holds what is no record; it is as it was before.
    """
    asked = key(record.run.order)

    def others(there: bytes) -> bytes:
        kept = records_of(file, there.decode("utf-8")) if there else []
        return b"".join(
            _lines(each) for each in [*(one for one in kept if key(one.run.order) != asked), record]
        )

    _change(file, others)


def key(order: Mapping[str, Any]) -> str:
    """Tells orders apart, as they are written and as they are read again."""
    return json.dumps({name: value for name, value in order.items() if value}, sort_keys=True)


def _lines(record: Record) -> bytes:
    return "".join(f"{line}\n" for line in written(record)).encode()


def _change(file: Path, change: Callable[[bytes], bytes]) -> None:
    file = file.resolve()
    beside = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        if file.exists() and not file.is_file():  # a terminal or a pipe, which keeps nothing
            file.write_bytes(change(b""))
            return
        with _held(file) as stream:
            stream.seek(0)
            try:
                beside.write_bytes(change(stream.read()))
                sync(beside)
                rename(beside, file)
            finally:
                beside.unlink(missing_ok=True)
    except OSError as cause:
        raise InputError(f"{file} did not take the record: {cause.strerror}.") from cause


@contextmanager
def _held(file: Path) -> Iterator[BinaryIO]:
    """The file, which no other program changes meanwhile; one may have put another in its place before."""
    while True:
        with file.open("a+b") as stream:
            lock(stream.fileno(), wait=True)
            if file.exists() and os.path.samestat(os.fstat(stream.fileno()), file.stat()):
                yield stream
                return
