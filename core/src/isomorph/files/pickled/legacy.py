"""The layout until 2020: five pickles in a row, then each storage behind its length."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, BinaryIO

from isomorph.files.pickled.calls import Name, storage, storage_type
from isomorph.files.pickled.machine import PROTOCOLS, Machine
from isomorph.files.pickled.values import Storage, Unreadable
from isomorph.files.pickled.zipped import Content
from isomorph.files.tensor import ITEMS

SIGNATURES = tuple(bytes((0x80, protocol)) for protocol in PROTOCOLS)
_MAGIC, _PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


def read(stream: BinaryIO, size: int, memory: int) -> Content:
    """A file of this layout.

    Raises:
        Unreadable: it is none, or holds other things than tensors.
    """
    whole: dict[str, Storage] = {}

    def persistent(found_id: Any) -> Storage:
        root, made = _storage(found_id)
        if whole.setdefault(root.key, root) != root:
            raise Unreadable(f"it gives the storage {root.key[:200]!r} two sizes or types")
        return made

    value = _value(stream, size, memory, persistent)
    keys = Machine(stream, size, memory, persistent).run()
    return Content(value, _places(stream, size, keys, whole))


def describe(stream: BinaryIO, size: int, memory: int) -> Any:
    """What the main pickle of a file makes; nothing behind it is read.

    Raises:
        Unreadable: it is none, or holds other things than tensors.
    """
    return _value(stream, size, memory, lambda found: _storage(found)[1])


def _value(stream: BinaryIO, size: int, memory: int, persistent: Callable[[Any], Storage]) -> Any:
    def run() -> Any:
        return Machine(stream, size, memory, persistent).run()

    stream.seek(0)
    if run() != _MAGIC or run() != _PROTOCOL:
        raise Unreadable("it does not begin as saved tensors do")
    system = run()
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise Unreadable("its numbers are not stored with the lowest byte first")
    return run()


def _places(stream: BinaryIO, size: int, keys: Any, whole: dict[str, Storage]) -> dict[str, int]:
    """Where each storage begins; the file says in which order they follow, and how long each is."""
    if not isinstance(keys, list) or any(type(key) is not str for key in keys):
        raise Unreadable("it does not list its storages")
    places: dict[str, int] = {}
    for key in keys:
        head = stream.read(8)
        root = whole.get(key)
        if len(head) < 8 or root is None or key in places:
            raise Unreadable(f"it lists a storage {key[:200]!r} that is not there or is nobody's")
        place = stream.tell()
        if struct.unpack("<q", head)[0] != root.count:
            raise Unreadable(f"it gives the storage {key[:200]!r} two sizes or types")
        after = place + root.count * ITEMS[root.dtype]
        if after > size:
            raise Unreadable("it is cut off: a storage ends behind the end of the file")
        places[key] = place
        stream.seek(after)
    if stream.tell() != size:
        raise Unreadable("there is something behind the last of its storages")
    lacking = whole.keys() - places.keys()
    if lacking:
        raise Unreadable(f"the storage {min(lacking)[:200]!r} is not in it")
    return places


def _storage(found: Any) -> tuple[Storage, Storage]:
    """Of a persistent id: what the file stores under a key, and the part of that which is meant."""
    if not isinstance(found, tuple) or len(found) not in (5, 6) or found[0] != "storage":
        raise Unreadable("it speaks of something that is no storage")
    kind, key, count = found[1], found[2], found[4]
    root = storage(key, storage_type(kind if isinstance(kind, Name) else None), count)
    part = found[5] if len(found) == 6 else None
    if part is None:
        return root, root
    if not isinstance(part, tuple) or len(part) != 3:
        raise Unreadable("it takes a part of a storage in no known way")
    skipped = storage(root.key, root.dtype, part[1]).count
    taken = storage(root.key, root.dtype, part[2]).count
    if skipped + taken > root.count:
        raise Unreadable(f"it takes more of the storage {root.key[:200]!r} than there is")
    return root, Storage(root.key, root.dtype, taken, skipped)
