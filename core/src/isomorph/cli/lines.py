"""Texts of a file, one a line, in windows of bounded size."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import IO

from isomorph.errors import InputError

WINDOW_LINES = 4096
"""Lines that are in memory at once: enough to sort by length, little enough to be nothing."""
WINDOW_BYTES = 16 * 1024 * 1024
"""A window ends here too, so that long lines do not add up."""


_BLOCK = 1 << 20


class Lines:
    """The lines of a file, and the SHA-256 of those that were read."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._digest = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for line in self._stream:
            self._digest.update(line)
            yield line

    @property
    def digest(self) -> str:
        """The SHA-256 of all that was read, in hexadecimal."""
        return self._digest.hexdigest()

    def skip(self, size: int) -> bool:
        """Reads so many bytes; whether there were as many, and a line ends with them."""
        last = b""
        while size > 0 and (block := self._stream.read(min(size, _BLOCK))):
            self._digest.update(block)
            size -= len(block)
            last = block[-1:]
        if size > 0 or last in (b"", b"\n"):
            return size == 0
        return not self._stream.read(1)  # where there is more, the last line of before goes on now


def windows(
    stream: Iterable[bytes],
    name: str,
    lines: int = WINDOW_LINES,
    size: int = WINDOW_BYTES,
    first: int = 1,
) -> Iterator[tuple[list[str], int]]:
    """Texts and the bytes that they took. Only the line's end goes: LF or CR LF.

    Bytes are split at LF alone: other characters that Unicode takes for line ends stay in the text.
    `first` is the number of the first line, where a file is read on from the middle.

    Raises:
        InputError: a line is not UTF-8; names it.
    """
    texts: list[str] = []
    taken = 0
    for number, line in enumerate(stream, first):
        texts.append(_decode(line, name, number))
        taken += len(line)
        if len(texts) >= lines or taken >= size:
            yield texts, taken
            texts, taken = [], 0
    if texts:
        yield texts, taken


def _decode(line: bytes, name: str, number: int) -> str:
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError as cause:
        raise InputError(
            f"{name}, line {number}: byte {cause.start + 1} (0x{line[cause.start]:02x}) is not UTF-8. "
            "Convert the file to UTF-8."
        ) from cause
