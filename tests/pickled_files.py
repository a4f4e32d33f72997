"""Files of pickled weights, written without the library that writes them: in both layouts, and spoilt ones.

A pickle is put together from its instructions, so that a test can also write what no library would.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

NAMES = {
    "float64": "DoubleStorage", "float32": "FloatStorage", "float16": "HalfStorage",
    "int64": "LongStorage", "int32": "IntStorage", "int16": "ShortStorage", "int8": "CharStorage",
    "uint8": "ByteStorage", "bool": "BoolStorage",
}  # fmt: skip
NAME = "pytorch_model.bin"
BEGIN, END = b"\x80\x02", b"."
ORDERED = b"ccollections\nOrderedDict\n)R"


def text(value: str) -> bytes:
    """A text."""
    encoded = value.encode()
    return b"X" + struct.pack("<I", len(encoded)) + encoded


def number(value: int) -> bytes:
    """A whole number."""
    if value.bit_length() < 32:
        return b"J" + struct.pack("<i", value)
    packed = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(packed)]) + packed


def row(*parts: bytes) -> bytes:
    """A tuple."""
    return b"(" + b"".join(parts) + b"t"


def mapping(pairs: Mapping[str, bytes], made: bytes = ORDERED) -> bytes:
    """A mapping of texts."""
    return made + b"(" + b"".join(text(key) + value for key, value in pairs.items()) + b"u"


def named(module: str, name: str) -> bytes:
    """A name of a module."""
    return f"c{module}\n{name}\n".encode()


def library(name: str) -> bytes:
    """A name of the library that writes such files."""
    return named("torch", name)


def storage(key: str, kind: str, count: int, *more: bytes) -> bytes:
    """A storage under a key, of a type and so many numbers."""
    parts = text("storage"), library(kind), text(key), text("cpu"), number(count)
    return row(*parts, *more) + b"Q"


def tensor(
    stored: bytes, shape: Sequence[int], strides: Sequence[int], offset: int = 0, *more: bytes
) -> bytes:
    """A view of a storage."""
    sizes, steps = (row(*map(number, each)) for each in (shape, strides))
    rest = (number(offset), sizes, steps, b"\x89", ORDERED, *more)
    return named("torch._utils", "_rebuild_tensor_v2") + row(stored, *rest) + b"R"


def plain(arrays: Mapping[str, NDArray[np.generic]], *more: bytes) -> bytes:
    """The pickle of whole arrays, each with a storage of its own, in the order of their names."""
    tensors = {}
    for place, (name, array) in enumerate(arrays.items()):
        strides = [step // array.itemsize for step in array.strides]
        kept = storage(str(place), NAMES[array.dtype.name], array.size, *more)
        tensors[name] = tensor(kept, array.shape, strides)
    return BEGIN + mapping(tensors) + END


def archive(pickle: bytes, storages: Mapping[str, bytes], order: str = "little") -> bytes:
    """The layout of today."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as members:
        members.writestr("archive/data.pkl", pickle)
        members.writestr("archive/byteorder", order)
        for key, content in storages.items():
            members.writestr(f"archive/data/{key}", content)
        members.writestr("archive/version", "3\n")
    return packed.getvalue()


def in_a_row(pickle: bytes, storages: Mapping[str, tuple[int, bytes]], order: bool = True) -> bytes:
    """The old layout; of each storage how many numbers it has, and its bytes."""
    magic = BEGIN + number(0x1950A86A20F9469CFC6C) + END
    system = mapping({"little_endian": b"\x88" if order else b"\x89"}, b"}")
    keys = b"](" + b"".join(map(text, storages)) + b"e"
    heads = (magic, BEGIN + number(1001) + END, BEGIN + system + END, pickle, BEGIN + keys + END)
    rest = (struct.pack("<q", count) + content for count, content in storages.values())
    return b"".join((*heads, *rest))


def zipped(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """Whole arrays in the layout of today."""
    content = {str(place): array.tobytes() for place, array in enumerate(arrays.values())}
    return archive(plain(arrays), content)


def legacy(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """Whole arrays in the old layout."""
    content = {str(n): (each.size, each.tobytes()) for n, each in enumerate(arrays.values())}
    return in_a_row(plain(arrays, b"N"), content)


LAYOUTS = {"zipped": zipped, "legacy": legacy}


def convert(folder: Path, layout: str = "zipped") -> Path:
    """Replaces the safetensors file of a folder by a pickled one, whose path is the result."""
    file = folder / "model.safetensors"
    target = folder / NAME
    target.write_bytes(LAYOUTS[layout](load_file(file)))
    file.unlink()
    return target


def as_large(packed: bytes) -> bytes:
    """An archive whose list of members is written as that of one beyond 4 GB must be."""
    end = packed.rfind(b"PK\x05\x06")
    count, _, begin = struct.unpack_from("<HII", packed, end + 10)
    entries, place = b"", begin
    for _ in range(count):
        head = packed[place : place + 46]
        length, named = struct.unpack_from("<IH", head, 24)
        (where,) = struct.unpack_from("<I", head, 42)
        name = packed[place + 46 : place + 46 + named]
        full = struct.pack("<HHQQQ", 1, 24, length, length, where)
        sizes = struct.pack("<IIHH", 0xFFFFFFFF, 0xFFFFFFFF, named, len(full))
        entries += head[:20] + sizes + head[32:42] + b"\xff" * 4 + name + full
        place += 46 + named
    told = struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, len(entries), begin)
    where = struct.pack("<IQI", 0, begin + len(entries), 1)
    last = struct.pack("<HHHHIIH", 0, 0, count, count, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    new = b"PK\x06\x06" + told + b"PK\x06\x07" + where + b"PK\x05\x06" + last
    return packed[:begin] + entries + new
