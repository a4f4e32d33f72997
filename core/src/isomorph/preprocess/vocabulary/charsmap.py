"""A sentencepiece file's map of characters, applied as sentencepiece does: the longest entry first.

The tokenizers library reads the same map grapheme by grapheme, which gives other texts where marks follow.
The map is a double array of Yata et al. 2007 (darts-clone), then the replacements, each behind a zero.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator

from isomorph.errors import BadModel
from isomorph.preprocess.tokenizer_limits import CONTENT

_SPACE = "▁"
_LONGEST = 32
"""Bytes of an entry at most that are looked for; the longest published ones have 18."""
_LEAF, _LABEL, _VALUE = 1 << 8, (1 << 31) | 0xFF, (1 << 31) - 1


class CharacterMap:
    """Replaces characters and short runs of them."""

    def __init__(self, data: bytes) -> None:
        """Reads the map; empty `data` is one without entries.

        Raises:
            BadModel: it is none.
        """
        self._units = array("I")
        self._texts = b""
        if data:
            size = struct.unpack_from("<I", data)[0] if len(data) >= 4 else 1
            if size % 4 or size > len(data) - 4:
                raise BadModel("the map of characters has no table")
            self._units = array("I", struct.unpack_from(f"<{size // 4}I", data, 4))
            self._texts = data[4 + size :]
            if max(map(len, self._texts.split(b"\0"))) > 4 * CONTENT:
                raise BadModel(f"the map of characters writes more than {CONTENT} of them for one")

    def chunks(self, text: str) -> Iterator[str]:
        """What stands for each part of a text: an entry's replacement, or the character itself."""
        data, at = text.encode("utf-8"), 0
        while at < len(data):
            length, place = self._longest(data, at)
            if length:
                yield self._replacement(place)
            else:
                length = _width(data[at])
                yield data[at : at + length].decode("utf-8")
            at += length

    def breaks_at(self, text: str, place: int) -> bool:
        """Whether no entry that is replaced in a text lies on both sides of a place."""
        data = text[: place + _LONGEST].encode("utf-8")
        at, end = 0, len(text[:place].encode("utf-8"))
        while at < end:
            at += self._longest(data, at)[0] or _width(data[at])
        return at == end

    def cleaned(self, text: str, *, behind_space: bool) -> Iterator[str]:
        """As `chunks`; of spaces in a row the first one stays, as ``▁``, or none where a space is before."""
        for chunk in self.chunks(text):
            kept = chunk.lstrip(" ") if behind_space else chunk
            if kept:
                behind_space = kept.endswith(" ")
                yield kept.replace(" ", _SPACE)

    def _longest(self, data: bytes, at: int) -> tuple[int, int]:
        """The length of the longest entry that begins here, 0 for none, and the place of its text."""
        units, found = self._units, (0, 0)
        if not units:
            return found
        node = _offset(units[0])
        for count, byte in enumerate(data[at : at + _LONGEST], 1):
            node ^= byte
            if node >= len(units) or units[node] & _LABEL != byte:
                break
            unit = units[node]
            node ^= _offset(unit)
            if unit & _LEAF and node < len(units):
                found = count, units[node] & _VALUE
        return found

    def _replacement(self, place: int) -> str:
        end = self._texts.find(b"\0", place)
        try:
            return self._texts[place : end if end >= 0 else None].decode("utf-8")
        except UnicodeDecodeError as cause:
            raise BadModel(f"The map of characters holds what is no text: {cause}") from cause


def _offset(unit: int) -> int:
    return (unit >> 10) << ((unit & (1 << 9)) >> 6)


def _width(first: int) -> int:
    """Bytes of a character in UTF-8, by its first one."""
    return 1 if first < 0x80 else 2 if first < 0xE0 else 3 if first < 0xF0 else 4
