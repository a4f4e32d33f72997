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
