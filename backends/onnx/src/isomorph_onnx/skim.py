"""Protocol buffers' wire format, reading: finds the fields of a message without reading what they hold.

An ONNX file is somebody else's word. What is read of it is bounded, whatever it says, and where parsers
disagree about odd bytes it is refused: the engine must not find another file in it than was checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from isomorph_onnx.wire import FIXED32, FIXED64, LENGTH, VARINT

FIELDS = 4_000_000
"""Fields that are looked at in one file; graphs of models have some 100,000."""
TEXT = 1 << 24
"""Bytes of a text."""
NUMBERS = 1 << 10
"""Numbers of a list: shapes are the longest that are read."""

_KEY_BITS = 32  # parsers cut a longer key off, and see another field than is written there
_LONGEST = 10  # bytes of a number of 64 bits
_WINDOW = 1 << 13
_SIZES = {FIXED32: 4, FIXED64: 8}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message, a text or bytes lie in the file."""

    start: int
    length: int


class Skim:
    """A file that is looked through. Every method raises ValueError where it is no protocol buffer."""

    def __init__(self, stream: IO[bytes], size: int) -> None:
        """Takes an open file and how many bytes it has."""
        self.whole = Place(0, size)
        self._stream = stream
        self._left = FIELDS
        self._window, self._at = b"", 0

    def fields(self, message: Place) -> Iterator[tuple[int, int | Place]]:
        """The number of each field of a message, and what it holds: an integer, or where it lies."""
        position, end = message.start, message.start + message.length
        while position < end:
            self._left -= 1
            if self._left < 0:
                raise ValueError(f"it has more than {FIELDS} fields")
            key, position = self._varint(position)
            number, kind = key >> 3, key & 7
            if not number or key >> _KEY_BITS:
                raise ValueError(f"no field has the key {key}")
            if kind == VARINT:
                value, position = self._varint(position)
                if position > end:
                    raise ValueError("a number reaches past the end of its message")
                yield number, value
                continue
            if kind == LENGTH:
                length, position = self._varint(position)
            elif kind in _SIZES:
                length = _SIZES[kind]
            else:
                raise ValueError(f"unknown wire type {kind}")
            place = Place(position, length)
            position += length
            if position > end:
                raise ValueError("a field reaches past the end of its message")
            yield number, place

    def each(self, message: Place, field: int) -> list[Place]:
        """Where one field of a message lies, as often as it stands there; integers are none of it."""
        found = []
        for number, held in self.fields(message):
            if number == field and isinstance(held, Place):
                found.append(held)
        return found

    def text(self, message: Place, field: int) -> str:
        """A text field of a message; of several the last counts, as for every parser."""
        places = self.each(message, field)
        return self.read(places[-1]) if places else ""

    def integer(self, message: Place, field: int, default: int = 0) -> int:
        """An integer field of a message; of several the last counts."""
        found = default
        for number, held in self.fields(message):
            if number == field and isinstance(held, int):
                found = held
        return found

    def read(self, place: Place) -> str:
        """A text."""
        if place.length > TEXT:
            raise ValueError(f"it has a text of {place.length} bytes")
        self._stream.seek(place.start)
        return self._stream.read(place.length).decode()

    def numbers(self, place: Place) -> list[int]:
        """Packed numbers."""
        position, end = place.start, place.start + place.length
        found: list[int] = []
        while position < end:
            value, position = self._varint(position)
            found.append(value)
            if len(found) > NUMBERS:
                raise ValueError(f"it has a list of more than {NUMBERS} numbers")
        return found

    def _varint(self, position: int) -> tuple[int, int]:
        """A number at a place in the file, and where it ends."""
        place = position - self._at
        if not 0 <= place <= len(self._window) - _LONGEST:
            self._stream.seek(position)
            self._window, self._at, place = self._stream.read(_WINDOW), position, 0
        first = self._window[place] if place < len(self._window) else 0x80
        if first < 0x80:  # as most numbers are
            return first, position + 1
        value = 0
        for index, byte in enumerate(self._window[place : place + _LONGEST]):
            value |= (byte & 0x7F) << 7 * index
            if byte < 0x80:
                return value, position + index + 1
        raise ValueError("a number is cut short")
