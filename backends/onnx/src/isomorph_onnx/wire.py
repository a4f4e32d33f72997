"""Protocol buffers' wire format, writing: as much of it as ONNX files need; `isomorph_onnx.skim` reads.

The `onnx` package would be 31 MB and 80 ms of import for what is two dozen fields. The encoding is
described at https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

import struct

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
