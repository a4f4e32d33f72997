"""Checks that the calls of all model classes share; each raises before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from isomorph.errors import InputError, NotFiniteWarning, TruncationWarning
from isomorph.messages.outside import warn_outside
from isomorph.messages.shown import shown
from isomorph.runtime.report import CallReport


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


def check_on_long(on_long: str) -> str:
    """What is to be done with inputs that are too long: truncate them, report it only, or refuse them.

    Raises:
        InputError: neither.
    """
    if on_long not in ("truncate", "report", "error"):
        raise InputError(f"on_long {shown(on_long)} is not one of truncate, report, error.")
    return on_long


class ToldLater(str):
    """An `on_long` of a part of a call: who asked for the part warns of the whole."""

    @classmethod
    def of(cls, on_long: str) -> ToldLater:
        """Refuses what is too long where `on_long` says so.

        Raises:
            InputError: there is no such `on_long`.
        """
        return cls("error" if check_on_long(on_long) == "error" else "report")


def warn_of(call: CallReport, on_long: str) -> None:
    """At most one warning of each kind for a call, however many inputs it is about."""
    if isinstance(on_long, ToldLater):
        return
    if call.truncated and on_long == "truncate":
        warn_outside(
            f"{len(call.truncated)} of {call.texts} inputs were cut at {call.max_length} tokens, the first "
            f"of them input {call.truncated[0]}. model.report().truncated lists them; on_long='error' "
            "refuses them.",
            TruncationWarning,
        )
    if call.not_finite:
        warn_outside(
            f"The numbers of {len(call.not_finite)} of {call.texts} inputs are not finite: "
            f"{_listed(call.not_finite)}. Weights of the model that are not finite are the usual reason. "
            "With return_report=True the CallReport lists all of them.",
            NotFiniteWarning,
        )


def _listed(indices: Sequence[int], most: int = 10) -> str:
    shown = ", ".join(map(str, indices[:most]))
    left = len(indices) - most
    return f"{'inputs' if len(indices) > 1 else 'input'} {shown}{f' and {left} more' if left > 0 else ''}"


def refuse_unknown(method: str, kwargs: Mapping[str, Any]) -> None:
    """Refuses keywords that nothing reads.

    Raises:
        InputError: names them all.
    """
    if kwargs:
        raise InputError(f"{method}() does not take {', '.join(sorted(kwargs))}.")
