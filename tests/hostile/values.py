"""Faults of a single value in a JSON file: each takes what stands there and says what shall.

What `json` cannot write, such as a key that is there twice or 5,000 nested lists, is a `Raw` text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Pointer = tuple[str | int, ...]

DEEP = 5_000
LONG = 5_000
MANY = 100_000


@dataclass(frozen=True, slots=True)
class Raw:
    """A text that goes into the file as it is."""

    text: str


class _Removed:
    """What takes the place of a value that is taken out."""


REMOVED = _Removed()


@dataclass(frozen=True, slots=True)
class Fault:
    """Which values a fault applies to, and what it makes of one."""

    applies: Callable[[Any], bool]
    change: Callable[[Any], Any]


def _all(change: Callable[[Any], Any]) -> Fault:
    return Fault(lambda value: True, change)


def _text(change: Callable[[Any], Any]) -> Fault:
    return Fault(lambda value: isinstance(value, str), change)


def _flag(change: Callable[[Any], Any]) -> Fault:
    return Fault(lambda value: isinstance(value, bool), change)


def _number(change: Callable[[Any], Any]) -> Fault:
    return Fault(lambda v: isinstance(v, int | float) and not isinstance(v, bool), change)


def _whole(change: Callable[[Any], Any]) -> Fault:
    return Fault(lambda v: isinstance(v, int) and not isinstance(v, bool), change)


def _list(change: Callable[[Any], Any]) -> Fault:
    return Fault(lambda value: isinstance(value, list), change)


def _object(change: Callable[[Any], Any]) -> Fault:
    return Fault(lambda value: isinstance(value, dict), change)


FAULTS: Mapping[str, Fault] = {
    "removed": _all(lambda value: REMOVED),
    "null": Fault(lambda value: value is not None, lambda value: None),
    "in-a-list": _all(lambda value: [value]),
    "in-an-object": _all(lambda value: {"a": value}),
    "deep": _all(lambda value: Raw("[" * DEEP + "]" * DEEP)),
    "number-for-text": _text(lambda value: 5),
    "empty-text": _text(lambda value: ""),
    "climbing": _text(lambda value: f"../../{value}"),
    "absolute": _text(lambda value: "/etc/hostname"),
    "long-text": _text(lambda value: "x" * LONG),
    "unknown-word": _text(lambda value: "no-such-thing"),
    "zero-byte": _text(lambda value: f"{value}\0x"),
    "half-a-character": _text(lambda value: Raw('"\\ud800"')),
    "text-for-flag": _flag(lambda value: "false"),
    "number-for-flag": _flag(lambda value: 2),
    "flag-turned": _flag(lambda value: not value),
    "text-for-number": _number(str),
    "flag-for-number": _number(lambda value: True),
    "with-a-fraction": _whole(lambda value: value + 0.5),
    "negative": _number(lambda value: -value or -1),
    "zero": Fault(lambda v: type(v) in (int, float) and v != 0, lambda value: 0),
    "one-more": _whole(lambda value: value + 1),
    "huge": _number(lambda value: 10**9),
    "beyond-64-bits": _number(lambda value: 10**30),
    "5000-digits": _number(lambda value: Raw("9" * 5_000)),
    "beyond-doubles": _number(lambda value: Raw("1e999")),
    "nan": _number(lambda value: Raw("NaN")),
    "infinity": _number(lambda value: Raw("-Infinity")),
    "emptied": Fault(lambda value: isinstance(value, list | dict), lambda value: type(value)()),
    "object-for-list": _list(lambda value: {"a": 1}),
    "text-for-list": _list(lambda value: "abc"),
    "null-within": _list(lambda value: [*value, None]),
    "twice": Fault(lambda v: isinstance(v, list) and bool(v), lambda v: [v[0], *v]),
    "many": _list(lambda value: (value[:1] or [1]) * MANY),
    "list-for-object": _object(lambda value: [1, "a"]),
    "text-for-object": _object(lambda value: "abc"),
    "many-more": _object(lambda v: {**v, **{f"k{i}": i for i in range(MANY)}}),
}
"""Faults of a value wherever it stands."""

IN_OBJECTS = ("key-twice",)
"""Faults that need a key: the file gives the key twice, first wrong, then as it was."""

_PLACE = "\u0001here\u0001"


def spoil(content: Any, pointer: Pointer, fault: str) -> str:
    """The text of a JSON file with one value spoilt."""
    old = at(content, pointer)
    if fault in IN_OBJECTS:
        new: Any = Raw(f"[1], {json.dumps(pointer[-1])}: {json.dumps(old)}")
    else:
        new = FAULTS[fault].change(old)
    if not isinstance(new, Raw):
        return json.dumps(replaced(content, pointer, new))
    return json.dumps(replaced(content, pointer, _PLACE)).replace(json.dumps(_PLACE), new.text)


def at(content: Any, pointer: Pointer) -> Any:
    """The value that a pointer leads to."""
    for step in pointer:
        content = content[step]
    return content


def replaced(content: Any, pointer: Pointer, new: Any) -> Any:
    """A copy with another value in one place."""
    if not pointer:
        return new
    step, rest = pointer[0], pointer[1:]
    copy = dict(content) if isinstance(content, dict) else list(content)
    if not rest and new is REMOVED:
        del copy[step]  # type: ignore[arg-type]
    else:
        copy[step] = replaced(content[step], rest, new)  # type: ignore[index]
    return copy


def pointers(content: Any, begin: Pointer = ()) -> Iterator[Pointer]:
    """The places in a JSON document; of long lists and objects the first, the middle and the last."""
    if begin:
        yield begin
    steps: list[Any] = []
    if isinstance(content, dict):
        steps = _few(list(content), 30)
    elif isinstance(content, list):
        steps = _few(list(range(len(content))), 4)
    for step in steps:
        yield from pointers(content[step], (*begin, step))


def _few(steps: list[Any], most: int) -> list[Any]:
    return steps if len(steps) <= most else [steps[0], steps[len(steps) // 2], steps[-1]]


def faults_at(content: Any, pointer: Pointer) -> Iterator[str]:
    """The faults that apply to a place."""
    parent = at(content, pointer[:-1])
    value = at(content, pointer)
    yield from (name for name, fault in FAULTS.items() if fault.applies(value))
    if isinstance(parent, dict):
        yield from IN_OBJECTS
