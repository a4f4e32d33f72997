"""Where the members of a zip archive lie, of an archive whose members are all stored as they are.

The standard library's reader makes an object of hundreds of bytes for a member of 46, and asks for no
size beforehand.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from isomorph.files.pickled.values import Unreadable

_END, _END_64, _WHERE_64, _ENTRY, _LOCAL = (
    *(b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"),
    *(b"PK\x01\x02", b"PK\x03\x04"),
)
_END_SIZE, _COMMENT = 22, 1 << 16
_FULL_32, _FULL_16 = 0xFFFFFFFF, 0xFFFF
_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Member:
    """A member: where its bytes begin in the archive, and how many there are."""

    begin: int
    size: int


def members(stream: BinaryIO, size: int) -> dict[str, Member]:
    """The members of an archive of `size` bytes by name; their contents are not looked at.

    Raises:
        Unreadable: it is no whole archive, or a member is compressed, encrypted or not where it should be.
    """
    return {name: placed(stream, name, head, size) for name, head in heads(stream, size).items()}


def heads(stream: BinaryIO, size: int) -> dict[str, Member]:
    """As `members`, of each with the place of its own head, which is not looked at.

    Raises:
        Unreadable: the list of members is damaged, or lists one that is compressed or encrypted.
    """
    try:
        return _heads(stream, size)
    except struct.error:
        raise Unreadable("its list of members is cut off") from None


def _heads(stream: BinaryIO, size: int) -> dict[str, Member]:
    place, count = _directory(stream, size)
    found: dict[str, Member] = {}
    for _ in range(count):
        name, begin, length, place = _entry(stream, place, size)
        if name in found:
            raise Unreadable(f"it holds two members {name[:200]!r}")
        found[name] = Member(begin, length)
    return found


def _directory(stream: BinaryIO, size: int) -> tuple[int, int]:
    """Where the list of members begins, and how many it lists."""
    start = max(0, size - _END_SIZE)
    if _at(stream, start, 4) != _END:  # with a comment behind it the end is somewhere before
        start = max(0, size - _END_SIZE - _COMMENT)
    tail = _at(stream, start, size - start)
    place = tail.rfind(_END)
    if place < 0 or len(tail) < place + _END_SIZE:
        raise Unreadable(
            "it is cut off: the list of its members, which is at the end, is not there"
        )
    count, _, begin = struct.unpack_from("<HII", tail, place + 10)
    if count != _FULL_16 and begin != _FULL_32:
        return begin, count
    where = _at(stream, start + place - 20, 20)
    if where[:4] != _WHERE_64:
        raise Unreadable("its list of members is not where it says")
    end = _at(stream, struct.unpack_from("<Q", where, 8)[0], 56)
    if end[:4] != _END_64:
        raise Unreadable("its list of members is not where it says")
    count, _, begin = struct.unpack_from("<QQQ", end, 32)
    return begin, count


def _entry(stream: BinaryIO, place: int, size: int) -> tuple[str, int, int, int]:
    """Of one entry: name, where the member's own head is, how long it is, and where the next entry is."""
    head = _at(stream, place, 46)
    if head[:4] != _ENTRY:
        raise Unreadable("its list of members is damaged")
    flags, method = struct.unpack_from("<HH", head, 8)
    packed, length, named, extra, comment = struct.unpack_from("<IIHHH", head, 20)
    (begin,) = struct.unpack_from("<I", head, 42)
    rest = _at(stream, place + 46, named + extra)
    name = rest[:named].decode("utf-8", "replace")
    if method or flags & _ENCRYPTED:
        raise Unreadable(f"its member {name[:200]!r} is compressed, which saved tensors are not")
    length, packed, begin = _in_full(rest[named:], length, packed, begin)
    if packed != length:
        raise Unreadable(f"its member {name[:200]!r} states two sizes")
    return name, begin, length, place + 46 + named + extra + comment


def _in_full(extra: bytes, *sizes: int) -> tuple[int, ...]:
    """Sizes and a place of which those that need 64 bits stand in the entry's extra fields."""
    found, place = list(sizes), 0
    while _FULL_32 in found and place + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, place)
        if kind == 1:
            long = iter(struct.unpack_from(f"<{length // 8}Q", extra, place + 4))
            return tuple(next(long, size) if size == _FULL_32 else size for size in found)
        place += 4 + length
    return tuple(found)


def placed(stream: BinaryIO, name: str, member: Member, size: int) -> Member:
    """A member of `heads` with the place of its bytes.

    Raises:
        Unreadable: it is not where the list says, or cut off.
    """
    head = _at(stream, member.begin, 30)
    if len(head) < 30:
        raise Unreadable("its list of members is cut off")
    named, extra = struct.unpack_from("<HH", head, 26)
    begin = member.begin + 30 + named + extra
    own = _at(stream, member.begin + 30, named).decode("utf-8", "replace")
    if head[:4] != _LOCAL or own != name or begin + member.size > size:
        raise Unreadable(f"its member {name[:200]!r} is not where its list says, or cut off")
    return Member(begin, member.size)


def _at(stream: BinaryIO, place: int, size: int) -> bytes:
    if not 0 <= place < 2**62:
        raise Unreadable("its list of members is not where it says")
    stream.seek(place)
    return stream.read(size)
