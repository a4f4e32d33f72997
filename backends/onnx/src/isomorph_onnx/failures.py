"""Errors of ONNX Runtime, told as errors of isomorph."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from isomorph.contract import Model
from isomorph.errors import BackendError, BadModel, InputError, IsomorphError
from isomorph.program import short, steady, told, translated

_ENGINE = "ONNX Runtime"
_NO_ROW = ("out of data bounds", "out of range")


@contextmanager
def loading(model: Model, file: Path | None) -> Iterator[None]:
    """Making a session of a file of the model, or of a graph of ours.

    Raises:
        BadModel: the engine refuses the file, or files of the model changed meanwhile.
        BackendError: the engine refuses a graph of ours, or has not enough memory.
    """
    what = f"load {file or f'the graph made of {model.folder}'}"
    with translated(_ENGINE, what, _blamed(file)), steady(model, file):
        yield


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
                f"{file} has no vector for a token of these texts ({short(cause)}). The tokenizer has "
                "tokens that the file does not know: export it again from a model whose token embeddings "
                "were resized."
            ) from cause
        raise told(cause, _ENGINE, f"run {file or 'the graph'}", _blamed(file)) from cause


def _blamed(file: Path | None) -> type[IsomorphError]:
    return BackendError if file is None else BadModel
