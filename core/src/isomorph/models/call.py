"""Checks that the calls of all model classes share; each raises before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.errors import InputError


def at_least_one(**numbers: int | None) -> None:
    """Refuses a number below 1; None stands for the default.

    Raises:
        InputError: names the argument and what was given.
    """
    for name, number in numbers.items():
        if number is not None and number < 1:
            raise InputError(f"{name} must be at least 1, not {number}.")


def under_one_name(name: str, value: Any, kwargs: dict[str, Any], *old_names: str) -> Any:
    """The value of an argument that has older names, which are taken out of `kwargs`.

    Raises:
        InputError: it is given under two names.
    """
    for old in old_names:
        if old not in kwargs:
            continue
        if value is not None:
            raise InputError(f"{name} and {old} are two names of one argument; give one.")
        value = kwargs.pop(old)
    return value


def refuse_unknown(method: str, kwargs: Mapping[str, Any]) -> None:
    """Refuses keywords that nothing reads.

    Raises:
        InputError: names them all.
    """
    if kwargs:
        raise InputError(f"{method}() does not take {', '.join(sorted(kwargs))}.")
