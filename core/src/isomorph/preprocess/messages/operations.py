"""Operations of a template whose result may be far greater than what goes in: asked before they run."""

from __future__ import annotations

import re
from collections.abc import Callable, Sized
from typing import Any

from isomorph.preprocess.messages.budget import Budget, TooMuch

BITS = 4096
"""Of a whole number that a template computes."""
METHODS = frozenset(
    """capitalize casefold count endswith find format get index isalnum isalpha isascii isdecimal isdigit
    islower isnumeric isspace istitle isupper items join keys lower lstrip partition removeprefix
    removesuffix replace rfind rindex rpartition rsplit rstrip split splitlines startswith strip swapcase
    title upper values""".split()
)
"""Methods of texts, lists and objects that may be called: none that pads, encodes or changes."""

_WIDE = re.compile(r"\d{4,}|\*|\{[^{}]*\{")


def binary(budget: Budget, operator: str, left: Any, right: Any) -> None:
    """Asked before `left operator right`.

    Raises:
        TooMuch: the result would be too great.
    """
    if operator == "%" and isinstance(left, str):
        spelt(left)
    elif operator == "*":
        for many, times in ((left, right), (right, left)):
            if isinstance(many, Sized) and isinstance(times, int):
                budget.room(len(many) * max(0, times))
        _number(_bits(left) + _bits(right))
    elif operator == "**":
        _number(_bits(left) * right if isinstance(right, int) else 0)
    elif isinstance(left, Sized) and isinstance(right, Sized):
        budget.room(len(left) + len(right))


def spelt(text: str) -> None:
    """Asked before a text is taken as a format: none may have a width of more than three digits.

    Raises:
        TooMuch: it has one, or takes the width from an argument.
    """
    if _WIDE.search(text):
        raise TooMuch(f"its format {text[:40]!r} may ask for a text of any width")


def replaced(budget: Budget, text: Any, old: Any, new: Any) -> None:
    """Asked before texts are replaced within one.

    Raises:
        TooMuch: the result would be too long.
    """
    text, old, new = str(text), str(old), str(new)
    budget.room(len(text) + text.count(old) * len(new))


def joined(budget: Budget, between: Any, values: Any) -> list[Any]:
    """The values of a join as a list, asked before they are joined.

    Raises:
        TooMuch: the result would be too long.
    """
    found = list(budget.rounds(values))
    budget.room(len(str(between)) * len(found))
    budget.sized(found)
    return found


def method(budget: Budget, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """The arguments with which a method of a text, list or object is called.

    Raises:
        TooMuch: its result would be too great.
    """
    owner, name = getattr(function, "__self__", None), function.__name__
    if isinstance(owner, str):
        if name == "format":
            spelt(owner)
        elif name == "replace" and len(arguments) > 1:
            replaced(budget, owner, *arguments[:2])
        elif name == "join" and arguments:
            return (joined(budget, owner, arguments[0]),)
        else:
            budget.room(len(owner))
    return arguments


def _bits(value: Any) -> int:
    return value.bit_length() if isinstance(value, int) else 0


def _number(bits: int) -> None:
    if bits > BITS:
        raise TooMuch(f"it computes a number of more than {BITS} bits")
