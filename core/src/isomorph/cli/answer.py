"""Where the answer of a command goes: stdout, in which nothing else is."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from functools import wraps
from typing import Any, TextIO


def answer() -> TextIO:
    """The stream of the answer: stdout as it was before `answering`."""
    return _ANSWERS[-1] if _ANSWERS else sys.stdout


@contextmanager
def answering() -> Iterator[None]:
    """What plugins, engines and child processes print meanwhile goes to stderr, from Python and from C."""
    with _apart(answer()) as own, redirect_stdout(sys.stderr):
        _ANSWERS.append(own)
        try:
            yield
        finally:
            _ANSWERS.pop()


def answered(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same command, which runs in `answering`."""

    @wraps(command)
    def apart(*args: Any, **kwargs: Any) -> Any:
        with answering():
            return command(*args, **kwargs)

    return apart


_ANSWERS: list[TextIO] = []
"""Of each command that runs; a command may call another one."""
_STDOUT, _STDERR = 1, 2


@contextmanager
def _apart(stream: TextIO) -> Iterator[TextIO]:
    """The stream on a descriptor of its own, while its usual one is that of stderr."""
    if not _is_usual(stream):
        yield stream
        return
    stream.flush()
    kept = os.dup(_STDOUT)
    try:
        os.dup2(_STDERR, _STDOUT)
        lines = 1 if stream.isatty() else -1
        how: dict[str, Any] = {"encoding": stream.encoding, "errors": stream.errors}
        with os.fdopen(os.dup(kept), "w", lines, **how) as own:
            yield own
    finally:
        _flush_c()
        os.dup2(kept, _STDOUT)
        os.close(kept)


def _is_usual(stream: TextIO) -> bool:
    try:
        return stream.fileno() == _STDOUT
    except (OSError, ValueError):  # of a test, of a program around this one, or closed
        return False


def _flush_c() -> None:
    """Writes what libraries in C have printed and not written yet."""
    with suppress(Exception):  # where there is no such library
        import ctypes

        ctypes.CDLL(None).fflush(None)
