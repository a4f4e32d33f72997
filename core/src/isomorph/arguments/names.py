"""Older names of arguments and methods, and names that nothing reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.errors import InputError
from isomorph.messages.outside import warn_outside


def under_one_name(name: str, value: Any, kwargs: dict[str, Any], *old_names: str) -> Any:
    """The value of an argument that has older names, which are taken out of `kwargs` and warned of.

    Raises:
        InputError: it is given under two names.
    """
    for old in old_names:
        if old not in kwargs:
            continue
        if value is not None:
            raise InputError(f"{name} and {old} are two names of one argument; give one.")
        value = kwargs.pop(old)
        renamed(f"{old}=", f"{name}=")
    return value


def renamed(old: str, new: str) -> None:
    """Warns of an old name, at the line outside of this package that uses it."""
    warn_outside(f"{old} is an old name; write {new}.", DeprecationWarning)


def under_present_names(kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The constructor's keywords with older names replaced by those of today.

    Raises:
        InputError: one is given under two names.
    """
    named = dict(kwargs)
    for now, before in _RENAMED.items():
        value = under_one_name(now, named.get(now), named, *before)
        if value is not None:
            named[now] = value
    return named


_RENAMED: Mapping[str, tuple[str, ...]] = {
    "model_kwargs": ("automodel_args",),
    "processor_kwargs": ("tokenizer_kwargs", "tokenizer_args"),
    "config_kwargs": ("config_args",),
    "cache_folder": ("cache_dir",),
    "token": ("use_auth_token",),
}


def refuse_unknown(method: str, kwargs: Mapping[str, Any]) -> None:
    """Refuses keywords that nothing reads.

    Raises:
        InputError: names them all.
    """
    if kwargs:
        raise InputError(f"{method}() does not take {', '.join(sorted(kwargs))}.")
