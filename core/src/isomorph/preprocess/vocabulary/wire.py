"""The wire format of protocol buffers, read field by field and never past its end."""

from __future__ import annotations

from collections.abc import Iterator

from isomorph.errors import BadModel

Field = tuple[int, int | bytes]
_FIXED = {1: 8, 5: 4}
_LONGEST = 10


def fields(data: bytes, begin: int = 0, end: int | None = None) -> Iterator[Field]:
    """Number and value of each field of a message: an integer, or bytes.

    Values of fixed size come as their bytes, in little-endian order.

    Raises:
        BadModel: a field reaches past the end, or is of a kind that no such message has.
    """
    at, stop = begin, len(data) if end is None else end
    while at < stop:
        key, at = _varint(data, at, stop)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(data, at, stop)
            yield number, value
            continue
        if kind == 2:
            size, at = _varint(data, at, stop)
        elif kind in _FIXED:
            size = _FIXED[kind]
        else:
            raise BadModel(f"field {number} is of kind {kind}, which no such file has")
        if size > stop - at:
            raise BadModel(f"field {number} reaches past the end")
        yield number, data[at : at + size]
        at += size


def _varint(data: bytes, at: int, stop: int) -> tuple[int, int]:
    value = shift = 0
    while at < stop and shift < 7 * _LONGEST:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
    raise BadModel("a number reaches past the end")
