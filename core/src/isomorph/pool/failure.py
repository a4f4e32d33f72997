"""Exceptions on their way from a worker to the caller, and what the end of a worker means."""

from __future__ import annotations

import pickle
import signal
import traceback
from dataclasses import dataclass

from isomorph.errors import PoolBroken, WorkerFailed


class WorkerTraceback(Exception):
    """The traceback of an exception in a worker, as text: the cause of what the caller gets."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f"in a worker process:\n\n{self.text}"


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception as a worker sends it: pickled where that is possible, and its traceback."""

    message: str
    text: str
    pickled: bytes | None

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """Takes an exception down."""
        text = "".join(traceback.format_exception(error))
        return cls(f"{type(error).__name__}: {error}", text, _pickled(error))

    def exception(self) -> Exception:
        """The exception again, with the worker's traceback as its cause."""
        error: Exception | None = None
        if self.pickled is not None:
            try:
                error = pickle.loads(self.pickled)
            except Exception:  # its class is not to be had here
                error = None
        if error is None:
            error = WorkerFailed(self.message)
        error.__cause__ = WorkerTraceback(self.text)
        return error


def _pickled(error: Exception) -> bytes | None:
    """The exception, if what comes out of the bytes says the same."""
    try:
        data = pickle.dumps(error)
        again = pickle.loads(data)
    except Exception:  # whatever a class of somebody else raises
        return None
    return data if type(again) is type(error) and str(again) == str(error) else None


def ended(name: str, code: int | None) -> PoolBroken:
    """The error for a worker that ended in the middle of a call."""
    return PoolBroken(
        f"{name} {_how(code)} before it had answered; what it was working on is lost. Memory that runs "
        "out is the usual reason: try fewer workers or a smaller chunk_size. The workers that are left "
        "can be used."
    )


def frozen(name: str, seconds: float) -> PoolBroken:
    """The error for a worker that has something to do and gives no sign of life."""
    return PoolBroken(
        f"{name} gave no sign of life for {seconds:.0f} s while it had work, as if it was stopped or froze. "
        "It was killed; what it was working on is lost. The workers that are left can be used."
    )


def ended_early(name: str, code: int | None) -> PoolBroken:
    """The error for a worker that ended while it started."""
    return PoolBroken(f"{name} {_how(code)} while it started; its own words are on stderr. {GUARD}")


GUARD = (
    "A worker runs the main module of the program first, so the part of it that starts a pool must stand "
    'under: if __name__ == "__main__":'
)


def _how(code: int | None) -> str:
    if code is None:
        return "closed its pipe"
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
