"""Errors of ONNX Runtime, told as errors of isomorph."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from isomorph.contract import Model
from isomorph.errors import BackendError, BadModel, InputError, IsomorphError

_LONGEST = 500
"""Characters of its messages that are shown: they may hold a whole graph."""
_NO_MEMORY = ("bad_alloc", "allocate memory", "out of memory")
_NO_ROW = ("out of data bounds", "out of range")


@contextmanager
def opening(model: Model, file: Path | None) -> Iterator[None]:
    """Making a session of a file of the model, or of a graph of ours.

    The engine opens such a file, and those of its weights, by their names, so that the model's files are
    looked at before and after.

    Raises:
        BadModel: the engine refuses the file, or files of the model changed meanwhile.
        BackendError: the engine refuses a graph of ours, or has not enough memory.
    """
    if file is not None:
        model.files.check()
    try:
        yield
    except IsomorphError:
        raise
    except Exception as cause:
        if file is not None:
            model.files.check()  # rather than what the engine says of another file
        raise _told(cause, f"load {file or f'the graph made of {model.folder}'}", file) from cause
    if file is not None:
        model.files.check()


@contextmanager
def running(file: Path | None) -> Iterator[None]:
    """A forward of a file, or of a graph of ours.

    Raises:
        BadModel: the file cannot be run.
        InputError: the file has no vector for a token.
        BackendError: a graph of ours cannot be run, or there is not enough memory.
    """
    try:
        yield
    except IsomorphError:
        raise
    except Exception as cause:
        if file is not None and any(sign in str(cause) for sign in _NO_ROW):
            raise InputError(
                f"{file} has no vector for a token of these texts ({_short(cause)}). The tokenizer has "
                "tokens that the file does not know: export it again from a model whose token embeddings "
                "were resized."
            ) from cause
        raise _told(cause, f"run {file or 'the graph'}", file) from cause


def _told(cause: Exception, what: str, file: Path | None) -> IsomorphError:
    if any(sign in str(cause) for sign in _NO_MEMORY):
        return BackendError(f"ONNX Runtime has not enough memory to {what}: {_short(cause)}")
    kind = BackendError if file is None else BadModel
    return kind(f"ONNX Runtime cannot {what}: {_short(cause)}")


def _short(cause: Exception) -> str:
    text = str(cause).strip()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
