"""Finding a model that another one names, under the terms on which that one was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from pathlib import Path

from isomorph.errors import ModelNotFound
from isomorph.resolve.request import Request
from isomorph.resolve.resolve import resolve

_ASKED: ContextVar[Request | None] = ContextVar("asked", default=None)


@contextmanager
def asked_with(request: Request) -> Iterator[None]:
    """Inside, names that a model's files hold are resolved as the model's own name was."""
    before = _ASKED.set(request)
    try:
        yield
    finally:
        _ASKED.reset(before)


def settings_as_asked(name: str, who: str) -> Path:
    """A folder with the ``config.json`` of a model, whose options `who` takes; else as `resolve_as_asked`.

    Raises:
        ModelNotFound: no place has it; also says who needs it.
        ModelError: as `resolve`.
    """
    request = _ASKED.get() or Request(local_files_only=True)
    try:
        told = replace(request, revision=None, patterns=())
        return resolve(name, told, settings_alone=True)
    except ModelNotFound as cause:
        raise ModelNotFound(f"{who}, which are not there: {cause}") from cause


def resolve_as_asked(name: str, revision: str | None, who: str) -> Path:
    """The folder of a model that `who` names; outside of `asked_with` nothing connects.

    Raises:
        ModelNotFound: no place has it; also says who needs it.
        ModelError: as `resolve`.
    """
    request = _ASKED.get() or Request(local_files_only=True)
    try:
        return resolve(name, replace(request, revision=revision, patterns=()))
    except ModelNotFound as cause:
        raise ModelNotFound(
            f"{who} holds an adapter of the base model {name[:200]!r}, which is not there: {cause}"
        ) from cause
