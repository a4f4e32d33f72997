"""Parts of a file of the Hub: what a header says of gigabytes is read without them."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import Any

from isomorph.errors import BadModel, HubUnavailable

BLOCK = 1 << 14
"""Bytes that are asked for at once, at least, by who reads a few at a time."""
MOST = 64 << 20
"""Bytes that may be read of one file this way; headers and pickles of tensors are far smaller."""
_SKIPPED = 1 << 20
"""Bytes that are read over where a server sends whole files; more would be the download."""
_WAIT = 30.0


class _RemoteFile(io.RawIOBase):
    """A file at a URL, read where somebody reads."""

    def __init__(self, url: str, headers: Mapping[str, str], size: int) -> None:
        self._url, self._headers = url, headers
        self._size, self._at = size, 0
        self._taken = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        starts = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}
        self._at = starts[whence] + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        count = max(0, min(len(buffer), self._size - self._at))
        if not count:
            return 0
        if self._taken + count > MOST:
            raise BadModel(
                f"{self._url} has more than {MOST:,} bytes in its header, which no weights need."
            )
        found = part(self._url, self._headers, self._at, count)
        buffer[: len(found)] = found
        self._at += len(found)
        self._taken += len(found)
        return len(found)


def exactly(url: str, headers: Mapping[str, str], size: int) -> io.RawIOBase:
    """A file of `size` bytes at a URL, of which each read is a request for those bytes and no others.

    Reading raises what `part` raises, and BadModel where more is read than any header has.
    """
    return _RemoteFile(url, headers, size)


def stream(url: str, headers: Mapping[str, str], size: int) -> io.BufferedReader:
    """As `exactly`, by blocks, for who reads a few bytes at a time."""
    return io.BufferedReader(_RemoteFile(url, headers, size), BLOCK)


def part(url: str, headers: Mapping[str, str], begin: int, count: int) -> bytes:
    """At most `count` bytes of what is at a URL, from the byte `begin` on.

    Raises:
        HubUnavailable: the server sends whole files only.
        Exception: what huggingface_hub and its HTTP client raise.
    """
    from huggingface_hub.utils import get_session

    session: Any = get_session()
    asked = {
        **headers,
        "Range": f"bytes={begin}-{begin + count - 1}",
        "Accept-Encoding": "identity",
    }
    if hasattr(session, "stream"):
        with session.stream("GET", url, headers=asked, timeout=_WAIT) as answer:
            return _taken(answer, answer.iter_bytes, begin, count)
    with session.get(url, headers=asked, timeout=_WAIT, stream=True) as answer:
        return _taken(answer, lambda: answer.iter_content(BLOCK), begin, count)


def _taken(answer: Any, chunks: Any, begin: int, count: int) -> bytes:
    """What of an answer was asked for; of a whole file that may be its beginning alone."""
    from huggingface_hub.utils import hf_raise_for_status

    if answer.status_code >= 400:
        if hasattr(answer, "read"):
            answer.read()  # errors quote it
        hf_raise_for_status(answer)
    skipped = 0 if answer.status_code == 206 else begin
    if skipped > _SKIPPED:
        raise HubUnavailable(
            "The server answers no ranges of files, so that a model there is known by its download alone."
        )
    return _first(chunks(), skipped + count)[skipped:]


def _first(chunks: Iterable[bytes], count: int) -> bytes:
    found = bytearray()
    for chunk in chunks:
        found += chunk
        if len(found) >= count:
            break
    return bytes(found[:count])
