"""Errors of OpenVINO, told as errors of isomorph."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from isomorph.contract import Model
from isomorph.errors import BackendError, BadModel, IsomorphError, Unsupported
from isomorph.program import steady, told, translated

_ENGINE = "OpenVINO"


@contextmanager
def loading(model: Model, file: Path) -> Iterator[None]:
    """Reading a graph file, which the engine opens by its name, as it does that of its weights.

    Raises:
        BadModel: the engine cannot read the file, or files of the model changed meanwhile.
        BackendError: there is not enough memory.
    """
    with translated(_ENGINE, f"read {file}", BadModel), steady(model, file):
        yield


def compiling(device: str, file: Path | None) -> AbstractContextManager[None]:
    """Compiling a graph of ours, or one that begins in a file.

    Raises:
        BadModel: the file's graph cannot be compiled.
        Unsupported: a graph of ours cannot be compiled for the device.
        BackendError: there is not enough memory.
    """
    what = f"compile {file or 'this model'} for {device}"
    return translated(_ENGINE, what, Unsupported if file is None else BadModel)


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
        kind = BackendError if file is None else BadModel
        raise told(cause, _ENGINE, f"run {file or 'the graph'}", kind) from cause
