"""The layout of today: an archive with a pickle, and each storage as a member of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from isomorph.files.pickled.calls import Name, storage, storage_type
from isomorph.files.pickled.directory import Member, heads, members, placed
from isomorph.files.pickled.machine import Machine
from isomorph.files.pickled.values import Storage, Unreadable
from isomorph.files.tensor import ITEMS

SIGNATURE = b"PK\x03\x04"
_PICKLE = "data.pkl"


@dataclass(frozen=True, slots=True)
class Content:
    """What a file's pickle makes, and where in the file the storages begin that are spoken of in it."""

    value: Any
    places: dict[str, int]


def read(stream: BinaryIO, size: int, memory: int) -> Content:
    """A file of this layout.

    Raises:
        Unreadable: it is none, or holds other things than tensors.
    """
    found = members(stream, size)
    home = _home(found)
    _refuse_other_order(stream, found.get(f"{home}byteorder"))
    places: dict[str, int] = {}

    def persistent(found_id: Any) -> Storage:
        made = _storage(found_id)
        place = found.get(f"{home}data/{made.key}")
        if place is None or place.size < made.count * ITEMS[made.dtype]:
            raise Unreadable(f"the storage {made.key[:200]!r} is not in it, or cut off")
        places[made.key] = place.begin
        return made

    pickle = found[home + _PICKLE]
    stream.seek(pickle.begin)
    return Content(Machine(stream, pickle.begin + pickle.size, memory, persistent).run(), places)


def describe(stream: BinaryIO, size: int, memory: int) -> Any:
    """What the pickle of a file makes; of the rest only the list of members is read.

    Raises:
        Unreadable: it is none, or holds other things than tensors.
    """
    found = heads(stream, size)
    name = _home(found) + _PICKLE
    pickle = placed(stream, name, found[name], size)
    stream.seek(pickle.begin)
    return Machine(stream, pickle.begin + pickle.size, memory, _storage).run()


def _home(found: Mapping[str, Member]) -> str:
    """The folder in the archive in which the one pickle lies, with the stroke behind it."""
    pickles = [name for name in found if name.count("/") == 1 and name.endswith("/" + _PICKLE)]
    if len(pickles) != 1:
        raise Unreadable(f"it is an archive without one {_PICKLE} in it")
    return pickles[0].removesuffix(_PICKLE)


def _storage(found: Any) -> Storage:
    """Of a persistent id: a tag, the type, the key, the device that it was saved on, and how many numbers."""
    if not isinstance(found, tuple) or len(found) != 5 or found[0] != "storage":
        raise Unreadable("it speaks of something that is no storage")
    _, kind, key, _, count = found
    return storage(key, storage_type(kind if isinstance(kind, Name) else None), count)


def _refuse_other_order(stream: BinaryIO, member: Member | None) -> None:
    if member is None:
        return
    stream.seek(member.begin)
    if stream.read(min(member.size, 16)) != b"little":
        raise Unreadable("its numbers are not stored with the lowest byte first")
