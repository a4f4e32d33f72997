"""Stand-ins for files that are not there: of weights the header alone, of others their size.

A stand-in is as long as the file, and takes no room: what is not written of it is a hole. So a model is
read from stand-ins by the same code as from its files, as long as nobody reads numbers.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from io import RawIOBase
from math import prod
from pathlib import Path

from isomorph.errors import BadModel
from isomorph.files import limits
from isomorph.files.tensor import ITEMS


def stand_in(target: Path, size: int, head: bytes = b"") -> None:
    """Writes a file of `size` bytes that begins with `head` and is empty from there on."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        file.write(head)
        file.truncate(max(size, len(head)))


def header_of(stream: RawIOBase, name: str) -> bytes:
    """The header of a safetensors file, with its length in front, as it is stored.

    Raises:
        BadModel: it says that it is longer than any header is, or the file ends in it.
    """
    head = stream.read(8) or b""
    length = struct.unpack("<Q", head)[0] if len(head) == 8 else limits.HEADER + 1
    if length > limits.HEADER:
        raise BadModel(f"{name} is not a safetensors file: it does not begin as one does.")
    header = stream.read(length) or b""
    if len(header) < length:
        raise BadModel(f"{name} is not a complete safetensors file: it ends in its header.")
    return head + header


def header_for(tensors: Iterable[tuple[str, str, tuple[int, ...]]]) -> tuple[bytes, int]:
    """The header of a safetensors file of such tensors, and how large that file is.

    Args:
        tensors: name, safetensors' name of the type, and shape of each.

    Raises:
        BadModel: together they are larger than any file.
    """
    listed, end = {}, 0
    for name, dtype, shape in tensors:
        begin, end = end, end + prod(shape) * ITEMS[dtype]
        if end > limits.FILE:
            raise BadModel(f"The tensors up to {name[:200]!r} take more bytes than any file has.")
        listed[name] = {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(listed).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text, 8 + len(text) + end
