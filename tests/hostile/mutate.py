"""Random changes of a file: of its bytes, or of the values in its JSON; the same for the same seed."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable, Sequence

from hostile import tensors, values

Mutate = Callable[[bytes, random.Random], bytes]

_NUMBERS = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)
_FORMATS = ("<B", "<H", "<L", "<Q", ">L", ">Q")
_WORDS = (b"../", b"/", b"\0", b"\xff\xfe", b"{", b"[", b'"', b"NaN", b"1e999", b"null", b"-1")


def mutated_bytes(content: bytes, drawn: random.Random) -> bytes:
    """One to four changes of bytes."""
    for _ in range(drawn.randint(1, 4)):
        content = drawn.choice(_CHANGES)(content, drawn)
    return content


def mutated_pickle(content: bytes, drawn: random.Random) -> bytes:
    """Changes of bytes, most of them in the pickle, which is a small part of a file of tensors."""
    begin, end = content.find(b"\x80\x02"), content.rfind(b"storage") + 100
    if drawn.random() < 0.2 or begin < 0:
        return mutated_bytes(content, drawn)
    return content[:begin] + mutated_bytes(content[begin:end], drawn) + content[end:]


def _flip(content: bytes, drawn: random.Random) -> bytes:
    if not content:
        return content
    at = drawn.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << drawn.randrange(8)]) + content[at + 1 :]


def _number(content: bytes, drawn: random.Random) -> bytes:
    form = drawn.choice(_FORMATS)
    size = struct.calcsize(form)
    fitting = [number for number in _NUMBERS if number < 1 << 8 * size]
    at = drawn.randrange(len(content) + 1)
    return content[:at] + struct.pack(form, drawn.choice(fitting)) + content[at + size :]


def _insert(content: bytes, drawn: random.Random) -> bytes:
    at = drawn.randrange(len(content) + 1)
    return content[:at] + drawn.choice(_WORDS) * drawn.choice((1, 1, 3, 400)) + content[at:]


def _delete(content: bytes, drawn: random.Random) -> bytes:
    begin, end = _slice(content, drawn)
    return content[:begin] + content[end:]


def _double(content: bytes, drawn: random.Random) -> bytes:
    begin, end = _slice(content, drawn)
    return content[:end] + content[begin:end] * drawn.choice((1, 1, 2, 50)) + content[end:]


def _move(content: bytes, drawn: random.Random) -> bytes:
    begin, end = _slice(content, drawn)
    rest = content[:begin] + content[end:]
    at = drawn.randrange(len(rest) + 1)
    return rest[:at] + content[begin:end] + rest[at:]


def _cut(content: bytes, drawn: random.Random) -> bytes:
    return content[: drawn.randrange(len(content) + 1)]


def _slice(content: bytes, drawn: random.Random) -> tuple[int, int]:
    begin = drawn.randrange(len(content) + 1)
    return begin, min(len(content), begin + drawn.choice((1, 2, 4, 8, 16, 64, 256)))


_CHANGES = (_flip, _flip, _number, _number, _insert, _delete, _double, _move, _cut)


def mutated_json(content: bytes, drawn: random.Random) -> bytes:
    """One to three values changed by faults, or by one that stands elsewhere in the file."""
    for _ in range(drawn.randint(1, 3)):
        try:
            document = json.loads(content)
        except (ValueError, RecursionError):
            return content
        places = list(values.pointers(document))
        if not places:
            return content
        place = drawn.choice(places)
        if drawn.random() < 0.2:
            other = values.at(document, drawn.choice(places))
            text = json.dumps(values.replaced(document, place, other))
        else:
            fault = drawn.choice(list(values.faults_at(document, place)))
            text = values.spoil(document, place, fault)
        content = text.encode("utf-8", "surrogatepass")
    return mutated_bytes(content, drawn) if drawn.random() < 0.1 else content


def mutated_tensors(content: bytes, drawn: random.Random) -> bytes:
    """A fault of the header, or changes of its text or of the bytes around it."""
    way = drawn.random()
    if way < 0.4:
        (length,) = struct.unpack("<Q", content[:8])
        text = mutated_json(content[8 : 8 + length], drawn)
        return struct.pack("<Q", len(text)) + text + content[8 + length :]
    if way < 0.7:
        names = tensors.names_in(content)
        made = tensors.spoilt(content, drawn.choice(names), drawn.choice(list(tensors.FAULTS)))
        return mutated_bytes(made, drawn) if drawn.random() < 0.2 else made
    (length,) = struct.unpack("<Q", content[:8])
    return mutated_bytes(content[: 8 + length], drawn) + content[8 + length :]


def shrunk(content: bytes, original: bytes, fails: Callable[[bytes], bool], tries: int) -> bytes:
    """A shorter file, or one that is nearer to the original, which still fails; in so many tries."""
    for candidate in _nearer(content, original):
        if tries <= 0:
            return content
        tries -= 1
        if len(candidate) <= len(content) and fails(candidate):
            content = candidate
    size = max(1, len(content) // 2)
    while size and tries > 0:
        at = 0
        while at < len(content) and tries > 0:
            tries -= 1
            candidate = content[:at] + content[at + size :]
            if fails(candidate):
                content = candidate
            else:
                at += size
        size //= 2
    return content


def _nearer(content: bytes, original: bytes) -> Sequence[bytes]:
    """The file with its beginning or its end as they were."""
    half = len(content) // 2
    return (original[:half] + content[half:], content[:half] + original[half:])
