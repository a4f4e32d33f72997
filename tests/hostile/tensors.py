"""Faults of a safetensors file: of its header, of the length before it, of the data behind."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from typing import Any

Header = dict[str, Any]
Parts = tuple[Header, bytes]
Change = Callable[[Header, bytes, str], Parts | bytes]
"""From the header, the data and the name of one tensor to both, or to the bytes of the whole file."""


def split(content: bytes) -> Parts:
    """Header and data of a whole file."""
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def joined(header: Header | str, data: bytes) -> bytes:
    """The bytes of a file."""
    text = (header if isinstance(header, str) else json.dumps(header)).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def names_in(content: bytes) -> list[str]:
    """The tensors of a file: the first, the middle one, and the last."""
    found = [name for name in split(content)[0] if name != "__metadata__"]
    return list(dict.fromkeys((found[0], found[len(found) // 2], found[-1])))


def _entry(**changed: Any) -> Change:
    return lambda header, data, name: ({**header, name: {**header[name], **changed}}, data)


def _of(key: str, change: Callable[[Any], Any]) -> Change:
    def made(header: Header, data: bytes, name: str) -> Parts:
        entry = header[name]
        return {**header, name: {**entry, key: change(entry[key])}}, data

    return made


def _without(key: str) -> Change:
    def made(header: Header, data: bytes, name: str) -> Parts:
        entry = {k: value for k, value in header[name].items() if k != key}
        return {**header, name: entry}, data

    return made


def _dropped(header: Header, data: bytes, name: str) -> Parts:
    """The tensor's name is another one; all else stays, so that the file is whole."""
    return {(f"other.{k}" if k == name else k): value for k, value in header.items()}, data


def _value(value: float) -> Change:
    """One number in the data of a tensor, in the middle of it."""

    def made(header: Header, data: bytes, name: str) -> Parts:
        begin, end = header[name]["data_offsets"]
        size = {"F32": 4, "F64": 8, "F16": 2}.get(header[name]["dtype"], 0)
        if not size:
            return header, data
        code = {4: "<f", 8: "<d", 2: "<e"}[size]
        place = begin + (end - begin) // 2 // size * size
        return header, data[:place] + struct.pack(code, value) + data[place + size :]

    return made


def _twice(header: Header, data: bytes, name: str) -> bytes:
    """The name stands twice in the header, first with another place."""
    wrong = {**header[name], "data_offsets": [0, 4], "shape": [1]}
    text = json.dumps(header)
    return joined("{" + f"{json.dumps(name)}: {json.dumps(wrong)}, " + text[1:], data)


def _length(length: int) -> Change:
    def made(header: Header, data: bytes, name: str) -> bytes:
        whole = joined(header, data)
        return struct.pack("<Q", length) + whole[8:]

    return made


FAULTS: Mapping[str, Change] = {
    "unknown-dtype": _entry(dtype="X7"),
    "dtype-is-number": _entry(dtype=5),
    "dtype-of-8-bits": _entry(dtype="F8_E4M3"),
    "dtype-of-whole-numbers": _entry(dtype="I32"),
    "dtype-of-flags": _entry(dtype="BOOL"),
    "dtype-u16": _entry(dtype="U16"),
    "dtype-u64": _entry(dtype="U64"),
    "no-dtype": _without("dtype"),
    "no-shape": _without("shape"),
    "no-place": _without("data_offsets"),
    "shape-turned": _of("shape", lambda shape: shape[::-1]),
    "shape-flat": _of("shape", lambda shape: [_product(shape)]),
    "shape-empty": _entry(shape=[]),
    "shape-with-zero": _of("shape", lambda shape: [0, *shape[1:]]),
    "shape-negative": _of("shape", lambda shape: [-size for size in shape]),
    "shape-huge": _entry(shape=[2**40, 2**40]),
    "shape-is-text": _entry(shape="32"),
    "shape-of-many-axes": _of("shape", lambda shape: [*[1] * 2_000, *shape]),
    "place-beyond": _of("data_offsets", lambda place: [place[0], place[1] + 2**40]),
    "place-backwards": _of("data_offsets", lambda place: place[::-1]),
    "place-negative": _of("data_offsets", lambda place: [-1, place[1]]),
    "place-shifted": _of("data_offsets", lambda place: [place[0] + 1, place[1] + 1]),
    "entry-is-null": lambda header, data, name: ({**header, name: None}, data),
    "other-name": _dropped,
    "name-twice": _twice,
    "holds-nan": _value(float("nan")),
    "holds-infinity": _value(float("inf")),
    "metadata-is-list": lambda h, data, name: ({**h, "__metadata__": [1]}, data),
    "metadata-of-numbers": lambda h, data, name: ({**h, "__metadata__": {"a": 1}}, data),
    "header-is-list": lambda header, data, name: joined("[]", data),
    "header-empty": lambda header, data, name: joined("{}", data),
    "header-deep": lambda header, data, name: joined('{"a":' + "[" * 90_000, data),
    "header-of-length-0": _length(0),
    "header-of-half": lambda h, data, name: _length(len(json.dumps(h)) // 2)(h, data, name),
    "header-beyond-the-file": _length(2**40),
    "header-beyond-64-bits": _length(2**64 - 1),
    "data-lost": lambda header, data, name: (header, data[: len(data) // 2]),
    "data-more": lambda header, data, name: (header, data + bytes(64)),
}
"""Faults by name."""


def _product(shape: list[int]) -> int:
    product = 1
    for size in shape:
        product *= size
    return product


def spoilt(content: bytes, tensor: str, fault: str) -> bytes:
    """The bytes of a file with a fault at one of its tensors."""
    made = FAULTS[fault](*split(content), tensor)
    return made if isinstance(made, bytes) else joined(*made)
