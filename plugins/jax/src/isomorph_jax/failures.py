"""JAX's errors, told as isomorph's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from isomorph.contract import Model
from isomorph.errors import BackendError, BadModel, IsomorphError, OutOfMemory, Unsupported
from isomorph.program import short, steady, told, translated

_ENGINE = "JAX"
_FULL = "RESOURCE_EXHAUSTED"


@contextmanager
def loading(model: Model, file: Path) -> Iterator[None]:
    """Reading a saved program.

    Raises:
        BadModel: JAX cannot read the file, or files of the model changed meanwhile.
    """
    with translated(_ENGINE, f"read {file}", BadModel), steady(model, file):
        yield


@contextmanager
def compiling(what: str, file: Path | None = None) -> Iterator[None]:
    """Tracing and compiling a program of ours, or one of a file, for one shape.

    Raises:
        Unsupported: XLA cannot compile a program of ours.
        BadModel: the file's program cannot be compiled, or does not fit its weights.
        OutOfMemory: there is not enough memory.
    """
    kind = Unsupported if file is None else BadModel
    with _telling(f"compile {file or 'this model'} for {what}", kind):
        yield


@contextmanager
def running(file: Path | None) -> Iterator[None]:
    """A forward of a program of ours, or of one in a file.

    Raises:
        BadModel: the file cannot be run.
        BackendError: a program of ours cannot be run.
        OutOfMemory: there is not enough memory.
    """
    with _telling(f"run {file or 'the program'}", BackendError if file is None else BadModel):
        yield


@contextmanager
def _telling(what: str, kind: type[IsomorphError]) -> Iterator[None]:
    """Errors of `kind` in place of JAX's, and `OutOfMemory` where memory is full."""
    try:
        yield
    except IsomorphError:
        raise
    except Exception as cause:
        if _FULL in str(cause):
            raise OutOfMemory(
                f"{_ENGINE} has not enough memory to {what}: {short(cause)}"
            ) from cause
        raise told(cause, _ENGINE, what, kind) from cause
