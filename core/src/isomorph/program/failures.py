"""Errors of an engine, told as errors of isomorph.

told(cause, ...)         the error that says what an engine could not do
translated(...)          a `with` whose body asks the engine
steady(model, file)      a `with` whose body lets the engine open a file of the model by its name
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from isomorph.contract import Model
from isomorph.errors import IsomorphError, OutOfMemory

_LONGEST = 500
"""Characters of an engine's message that are shown: it may hold a whole graph."""

_NO_MEMORY = ("bad_alloc", "allocate", "out of memory", "not enough memory")
"""How engines say that there is no memory left, in errors of no class of their own."""


def told(cause: Exception, engine: str, what: str, kind: type[IsomorphError]) -> IsomorphError:
    """What to raise where an engine could not do something.

    `what` begins with a verb, such as ``"run model.bin"``. `kind` is the class of the error, unless
    there is not enough memory, which is an `OutOfMemory`.
    """
    said = str(cause)
    if isinstance(cause, MemoryError) or any(sign in said for sign in _NO_MEMORY):
        return OutOfMemory(f"{engine} has not enough memory to {what}: {short(cause)}")
    return kind(f"{engine} cannot {what}: {short(cause)}")


def short(cause: Exception) -> str:
    """An engine's message, cut where it goes on for ever."""
    text = str(cause).strip()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


@contextmanager
def translated(engine: str, what: str, kind: type[IsomorphError]) -> Iterator[None]:
    """Whatever the engine raises in the body becomes the error of `told`."""
    try:
        yield
    except IsomorphError:
        raise
    except Exception as cause:
        raise told(cause, engine, what, kind) from cause


@contextmanager
def steady(model: Model, file: Path | None) -> Iterator[None]:
    """The model's files are looked at before and after the body, in which an engine opens one by name.

    Nothing is looked at where `file` is None.

    Raises:
        BadModel: files of the model changed meanwhile, whatever else the body raised.
    """
    if file is None:
        yield
        return
    model.files.check()
    try:
        yield
    except Exception:
        model.files.check()  # rather than what the engine says of another file
        raise
    model.files.check()
