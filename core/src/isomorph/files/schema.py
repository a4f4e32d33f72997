"""What the values of a settings file may be: a kind for each key, and the error for what is none.

    SCHEMA = {"in_features": WIDTH, "bias": FLAG, "activation_function": TEXT}
    judge(values, SCHEMA, "1_Dense/config.json", needed=("in_features",))

Keys that a schema does not list are nobody's business here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from isomorph.errors import BadModel
from isomorph.files import limits
from isomorph.messages.shown import shown


class Kind(Protocol):
    """A kind of value; printing it says what a value of this kind is."""

    def admits(self, value: Any) -> bool:
        """Whether `value`, as JSON was read, is one."""
        ...


Schema = Mapping[str, Kind]
Needed = Iterable[str | tuple[str, ...]]
"""Keys that must be there; of a tuple one must, since a key may have an older name."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number; neither true nor 1.0 is one."""

    least: int
    most: int

    def admits(self, value: Any) -> bool:
        """See `Kind`."""
        return type(value) is int and self.least <= value <= self.most

    def __str__(self) -> str:
        return f"a whole number from {self.least} to {self.most}"


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number between two bounds; the lower one is itself such a number only if `closed`."""

    above: float
    most: float
    closed: bool = False

    def admits(self, value: Any) -> bool:
        """See `Kind`."""
        if type(value) not in (int, float) or not value <= self.most:
            return False
        return bool(value >= self.above if self.closed else value > self.above)

    def __str__(self) -> str:
        if self.most == sys.float_info.max:
            return "a finite number"
        least = f"of at least {self.above:g}" if self.closed else f"above {self.above:g}"
        return f"a number {least} and at most {self.most:g}"


@dataclass(frozen=True, slots=True)
class Of:
    """A value of one Python type."""

    type: type
    name: str

    def admits(self, value: Any) -> bool:
        """See `Kind`."""
        return isinstance(value, self.type)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Text:
    """A text. JSON may hold halves of characters, which no tokenizer and no file takes."""

    def admits(self, value: Any) -> bool:
        """See `Kind`."""
        return isinstance(value, str) and (value.isascii() or _HALF.search(value) is None)

    def __str__(self) -> str:
        return "a text"


_HALF = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of a few texts."""

    texts: tuple[str, ...]

    def admits(self, value: Any) -> bool:
        """See `Kind`."""
        return isinstance(value, str) and value in self.texts

    def __str__(self) -> str:
        return f"one of {', '.join(self.texts)}"


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list, all of one kind."""

    kind: Kind
    least: int = 0
    most: int = limits.WORDS

    def admits(self, value: Any) -> bool:
        """See `Kind`."""
        if not isinstance(value, list) or not self.least <= len(value) <= self.most:
            return False
        return all(map(self.kind.admits, value))

    def __str__(self) -> str:
        return f"a list{_length(self.least, self.most)}, each {self.kind}"


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object, whose values are all of one kind."""

    kind: Kind
    least: int = 0
    most: int = limits.WORDS

    def admits(self, value: Any) -> bool:
        """See `Kind`."""
        if not isinstance(value, dict) or not self.least <= len(value) <= self.most:
            return False
        return all(map(self.kind.admits, value.values()))

    def __str__(self) -> str:
        return f"an object{_length(self.least, self.most)}, whose values are each {self.kind}"


@dataclass(frozen=True, slots=True)
class Either:
    """A value of any of several kinds."""

    kinds: tuple[Kind, ...]

    def admits(self, value: Any) -> bool:
        """See `Kind`."""
        return any(kind.admits(value) for kind in self.kinds)

    def __str__(self) -> str:
        return ", or ".join(map(str, self.kinds))


def _length(least: int, most: int) -> str:
    if most == limits.WORDS:
        return " that is not empty" if least else ""
    return f" of {least} to {most} entries"


FLAG = Of(bool, "true or false")
TEXT = Text()
OBJECT = Of(dict, "an object")
NULL = Of(type(None), "null")
NUMBER = Number(-sys.float_info.max, sys.float_info.max)
"""Any number: neither infinity nor NaN."""
LAYERS = Whole(1, limits.LAYERS)
HEADS = Whole(1, limits.HEADS)
WIDTH = Whole(1, limits.WIDTH)
WORDS = Whole(1, limits.WORDS)
TOKEN = Whole(0, limits.WORDS - 1)
POSITIONS = Whole(1, limits.POSITIONS)


def maybe(kind: Kind) -> Kind:
    """The same kind, or null."""
    return Either((kind, NULL))


def judge(values: Mapping[str, Any], schema: Schema, where: str, needed: Needed = ()) -> None:
    """Checks every value that `schema` has a kind for, and that the keys in `needed` are there.

    Raises:
        BadModel: names the file (`where`), the key, the value, and what it must be.
    """
    for key in needed:
        names = (key,) if isinstance(key, str) else key
        if not any(name in values for name in names):
            said = f"It sets {shown(sorted(values))}." if values else "It sets nothing."
            older = " or an older name of it" if names[1:] else ""
            raise BadModel(f"{where} does not set {names[0]}{older}. {said}")
    for name in values:
        kind = schema.get(name)
        if kind is not None and not kind.admits(values[name]):
            raise refused(where, name, values[name], kind)


def refused(where: str, name: str, value: Any, kind: object) -> BadModel:
    """The error for a value that is not of its kind."""
    return BadModel(f"{where} sets {name}={shown(value)}, which must be {kind}.")
