"""Faults of a zip file that only its own format has: names, kinds of members, sizes, methods."""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

Fault = Callable[[Path], None]

BOMB = 64 << 20


def _more(name: str, mode: int = 0o100644, content: bytes = b"x") -> Fault:
    """Another member behind those there are."""

    def spoil(path: Path) -> None:
        member = zipfile.ZipInfo("placeholder")
        member.filename = name
        member.external_attr = mode << 16
        with zipfile.ZipFile(path, "a") as packed:
            packed.writestr(member, content)

    return spoil


def _again(method: int) -> Fault:
    """All members packed anew by a method, with a member of zeros behind them."""

    def spoil(path: Path) -> None:
        with zipfile.ZipFile(path) as packed:
            members = {name: packed.read(name) for name in packed.namelist() if name[-1] != "/"}
        with zipfile.ZipFile(path, "w", method) as packed:
            for name, content in members.items():
                packed.writestr(name, content)

    return spoil


def _bomb(method: int) -> Fault:
    def spoil(path: Path) -> None:
        with zipfile.ZipFile(path, "a", method) as packed, packed.open("zeros", "w") as stream:
            for _ in range(BOMB >> 20):
                stream.write(bytes(1 << 20))

    return spoil


def _patched(mark: bytes, offset: int, value: bytes) -> Fault:
    """Bytes at a place in the last record that begins with `mark`."""

    def spoil(path: Path) -> None:
        content = bytearray(path.read_bytes())
        at = content.rfind(mark) + offset
        content[at : at + len(value)] = value
        path.write_bytes(content)

    return spoil


_LOCAL, _ENTRY, _END = b"PK\3\4", b"PK\1\2", b"PK\5\6"


def _other_name(path: Path) -> None:
    """The list of members says another name than the member itself."""
    content = path.read_bytes()
    first = content.find(b"modules.json")
    path.write_bytes(content[:first] + b"../evil.json" + content[first + 12 :])


def _bad_sum(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


FAULTS: Mapping[str, Fault] = {
    "member-climbs": _more("../evil"),
    "member-climbs-within": _more("a/../../evil"),
    "member-absolute": _more("/tmp/evil"),
    "member-of-a-drive": _more("C:/evil"),
    "member-with-backslash": _more("..\\evil"),
    "member-with-dot": _more("./evil"),
    "member-with-zero-byte": _more("a\0b"),
    "member-name-long": _more("a" * 5_000),
    "member-name-deep": _more("/".join(["d"] * 3_000)),
    "member-name-empty": _more("a//b"),
    "member-twice": _more("modules.json", content=b"[]"),
    "member-twice-in-capitals": _more("MODULES.JSON", content=b"[]"),
    "member-in-a-file": _more("modules.json/x"),
    "member-is-a-link": _more("link", stat.S_IFLNK | 0o777, b"/etc"),
    "member-is-a-pipe": _more("pipe", stat.S_IFIFO | 0o644),
    "member-is-a-device": _more("device", stat.S_IFCHR | 0o644),
    "member-runs-as-owner": _more("tool", 0o104755),
    "stored": _again(zipfile.ZIP_STORED),
    "packed-by-bzip2": _again(zipfile.ZIP_BZIP2),
    "packed-by-lzma": _again(zipfile.ZIP_LZMA),
    "zeros-deflated": _bomb(zipfile.ZIP_DEFLATED),
    "zeros-by-bzip2": _bomb(zipfile.ZIP_BZIP2),
    "zeros-by-lzma": _bomb(zipfile.ZIP_LZMA),
    "states-a-smaller-size": _patched(_ENTRY, 24, struct.pack("<L", 1)),
    "states-a-larger-size": _patched(_ENTRY, 24, struct.pack("<L", 2**31)),
    "states-a-smaller-packed-size": _patched(_ENTRY, 20, struct.pack("<L", 1)),
    "states-an-unknown-method": _patched(_ENTRY, 10, struct.pack("<H", 99)),
    "states-a-password": _patched(_ENTRY, 8, struct.pack("<H", 1)),
    "member-beyond-the-file": _patched(_ENTRY, 42, struct.pack("<L", 2**31)),
    "list-beyond-the-file": _patched(_END, 16, struct.pack("<L", 2**31)),
    "list-of-65535": _patched(_END, 8, struct.pack("<HH", 65_535, 65_535)),
    "list-longer-than-it-is": _patched(_END, 12, struct.pack("<L", 2**30)),
    "bad-sum": _bad_sum,
    "two-names": _other_name,
}
"""Faults by name; ``packed-by-`` and ``stored`` change no content."""
