"""How much work a regular expression of a tokenizer may be, read off the expression alone.

The engine tries one way after another. Where a repeated part can itself be read in several ways, their
number doubles with each character, so such an expression is refused. What remains takes at most some
power of the length, which `LOOPS` bounds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LONGEST = 10_000
"""Characters of an expression; published ones have some 500."""
LOOPS = 4
"""Repetitions without an end, one behind the other, in one alternative."""
_MANY = 100
"""A repetition of at most so many times, and of nothing that varies, is no loop."""

_GROUP = re.compile(r"\(\?(?:#[^)]*\)|<?[=!]|>|~|<\w+>|'\w+'|[a-zA-Z-]*[:)])|\(")
_ESCAPE = re.compile(r"\\(?:[pPx]\{[^}]*\}|x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{4}|.)", re.DOTALL)
_REPEAT = re.compile(r"[*+?]|\{(\d*)(,?)(\d*)\}")
_BACK = re.compile(r"\\[1-9kg]")
_EDGES = frozenset(["\\b", "\\B", "\\A", "\\z", "\\Z", "\\G", "\\K"])


class TooMuch(ValueError):
    """An expression whose work has no bound that is known here, and why."""


@dataclass(slots=True)
class Part:
    """What is known of a part: its shortest match, its loops, and whether it may match in several ways."""

    shortest: int = 0
    loops: int = 0
    varies: bool = False


@dataclass(slots=True)
class _Group:
    edge: bool = False
    ended: list[Part] = field(default_factory=list)
    now: list[Part] = field(default_factory=list)

    def close_alternative(self) -> None:
        loops = sum(part.loops for part in self.now)
        if loops > LOOPS:
            raise TooMuch(f"has more than {LOOPS} repetitions in a row")
        shortest = sum(part.shortest for part in self.now)
        self.ended.append(Part(shortest, loops, any(part.varies for part in self.now)))
        self.now = []

    def whole(self) -> Part:
        self.close_alternative()
        return Part(
            0 if self.edge else min(part.shortest for part in self.ended),
            max(part.loops for part in self.ended),
            len(self.ended) > 1 or self.ended[0].varies,
        )


def read_regex(pattern: str) -> Part:
    """What is known of a whole expression.

    Raises:
        TooMuch: it repeats what may match in several ways, refers back, or is too long.
    """
    if len(pattern) > LONGEST:
        raise TooMuch(f"has more than {LONGEST:,} characters")
    groups, at = [_Group()], 0
    while at < len(pattern):
        at = _step(groups, pattern, at)
    if len(groups) != 1:
        raise TooMuch("has an open group")
    return groups[0].whole()


def _step(groups: list[_Group], pattern: str, at: int) -> int:
    """Reads one item of the expression and says where the next one begins."""
    here, char = groups[-1], pattern[at]
    repeat = _REPEAT.match(pattern, at)
    if char == "(":
        return _open(groups, pattern, at)
    if char == ")":
        if len(groups) == 1:
            raise TooMuch("closes a group that is not open")
        part = groups.pop().whole()
        groups[-1].now.append(part)
    elif char == "|":
        here.close_alternative()
    elif repeat is not None and here.now:
        here.now[-1] = _repeated(here.now[-1], repeat)
        lazy = repeat.end() < len(pattern) and pattern[repeat.end()] == "?"
        possessive = char != "{" and pattern.startswith("+", repeat.end())
        return repeat.end() + (lazy or possessive)
    elif char == "[":
        here.now.append(Part(1))
        return _end_of_class(pattern, at)
    elif char == "\\":
        return _escaped(here, pattern, at)
    else:
        here.now.append(Part(0 if char in "^$" else 1))
    return at + 1


def _open(groups: list[_Group], pattern: str, at: int) -> int:
    found = _GROUP.match(pattern, at)
    assert found is not None  # every bracket is one at least
    if not found[0].endswith(")"):  # else a comment, or flags from here on
        groups.append(_Group(edge=found[0].endswith(("=", "!"))))
    return found.end()


def _escaped(here: _Group, pattern: str, at: int) -> int:
    found = _ESCAPE.match(pattern, at)
    if found is None or _BACK.match(found[0]):
        raise TooMuch("refers back to what it matched")
    here.now.append(Part(0 if found[0] in _EDGES else 1))
    return found.end()


def _repeated(part: Part, repeat: re.Match[str]) -> Part:
    least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(repeat[0], _counts(repeat))
    loop = most is None or most > _MANY
    if (loop or (most or 0) > 1) and part.varies:
        raise TooMuch("repeats what may itself match in several ways")
    return Part(part.shortest * least, part.loops + loop, part.varies or least != most)


def _counts(repeat: re.Match[str]) -> tuple[int, int | None]:
    low, comma, high = (repeat[1] or "0")[:9], repeat[2], (repeat[3] or "")[:9]
    if not comma:
        return int(low), int(low)
    return int(low), int(high) if high else None


def _end_of_class(pattern: str, at: int) -> int:
    """Where a class of characters ends, in which there may be others."""
    depth = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
        elif char == "[":
            depth += 1
            at += pattern.startswith("^", at + 1)
            at += pattern.startswith("]", at + 1)  # at the beginning a bracket is a character
        elif char == "]":
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    raise TooMuch("has an open class of characters")
