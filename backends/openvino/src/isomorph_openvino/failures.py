"""Errors of OpenVINO, told as errors of isomorph."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from isomorph.contract import Model
from isomorph.errors import BackendError, BadModel, IsomorphError, Unsupported

_LONGEST = 500
"""Characters of its messages that are shown."""
_NO_MEMORY = ("bad_alloc", "allocate", "out of memory")


@contextmanager
def reading(model: Model, file: Path) -> Iterator[None]:
    """Reading a graph file, which the engine opens by its name, as it does that of its weights.

    Raises:
        BadModel: the engine cannot read the file, or files of the model changed meanwhile.
    """
    model.files.check()
    try:
        yield
    except IsomorphError:
        raise
    except Exception as cause:
        model.files.check()  # rather than what the engine says of another file
        raise BadModel(f"OpenVINO cannot read {file}: {_short(cause)}") from cause
    model.files.check()


@contextmanager
def compiling(device: str, file: Path | None) -> Iterator[None]:
    """Compiling a graph of ours, or one that begins in a file.

    Raises:
        BadModel: the file's graph cannot be compiled.
        Unsupported: a graph of ours cannot be compiled for the device.
        BackendError: there is not enough memory.
    """
    try:
        yield
    except IsomorphError:
        raise
    except Exception as cause:
        if any(sign in str(cause) for sign in _NO_MEMORY):
            what = f"has not enough memory to compile {file or 'this model'}"
            raise BackendError(f"OpenVINO {what}: {_short(cause)}") from cause
        if file is not None:
            raise BadModel(
                f"OpenVINO cannot compile {file} for {device}: {_short(cause)}"
            ) from cause
        raise Unsupported(
            f"OpenVINO cannot compile this model for {device}: {_short(cause)}"
        ) from cause


@contextmanager
def running(file: Path | None) -> Iterator[None]:
    """A forward of a graph of ours, or of one that begins in a file.

    Raises:
        BadModel: the file cannot be run.
        BackendError: a graph of ours cannot be run, or there is not enough memory.
    """
    try:
        yield
    except IsomorphError:
        raise
    except Exception as cause:
        ours = file is None or any(sign in str(cause) for sign in _NO_MEMORY)
        kind = BackendError if ours else BadModel
        raise kind(f"OpenVINO cannot run {file or 'the graph'}: {_short(cause)}") from cause


def _short(cause: Exception) -> str:
    text = str(cause).strip()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
