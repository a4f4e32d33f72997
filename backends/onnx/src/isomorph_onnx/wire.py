"""Protocol buffers' wire format: as much of it as ONNX files need, both ways.

The `onnx` package would be 31 MB and 80 ms of import for what is two dozen fields, and it cannot read
a file's inputs and outputs without reading its weights; `fields` below skips them. The encoding is
described at https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import IO

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5


def varint(value: int) -> bytes:
    """A base-128 number; negative ones as their 64-bit two's complement."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def integer(field: int, value: int) -> bytes:
    """An integer field."""
    return varint(field << 3 | VARINT) + varint(value)


def float32(field: int, value: float) -> bytes:
    """A float field."""
    return varint(field << 3 | FIXED32) + struct.pack("<f", value)


def message(field: int, *parts: bytes) -> bytes:
    """A nested message, a text or bytes."""
    body = b"".join(parts)
    return varint(field << 3 | LENGTH) + varint(len(body)) + body


def text(field: int, value: str) -> bytes:
    """A text field."""
    return message(field, value.encode())


def fields(stream: IO[bytes], end: int) -> Iterator[tuple[int, int, int]]:
    """The fields of the message between the stream's position and `end`.

    Yields (field number, value, 0) for integers and (field number, start, length) for everything
    else, with the payload not read. The stream may be moved between two steps.

    Raises:
        ValueError: this is not a protocol buffer, or it is cut short.
    """
    position = stream.tell()
    while position < end:
        stream.seek(position)
        key = _read_varint(stream)
        kind = key & 7
        if kind == VARINT:
            value = _read_varint(stream)
            position = stream.tell()
            yield key >> 3, value, 0
            continue
        if kind == LENGTH:
            length = _read_varint(stream)
        elif kind in (FIXED32, FIXED64):
            length = 4 if kind == FIXED32 else 8
        else:
            raise ValueError(f"unknown wire type {kind}")
        start = stream.tell()
        position = start + length
        if position > end:
            raise ValueError("a field reaches past the end of its message")
        yield key >> 3, start, length


def varints(stream: IO[bytes], end: int) -> list[int]:
    """Packed numbers between the stream's position and `end`.

    Raises:
        ValueError: a number is cut short.
    """
    found = []
    while stream.tell() < end:
        found.append(_read_varint(stream))
    return found


def _read_varint(stream: IO[bytes]) -> int:
    value = shift = 0
    while True:
        byte = stream.read(1)
        if not byte or shift > 63:
            raise ValueError("a number is cut short")
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
        shift += 7
