"""A call in pieces: chunks on the way to workers, and their rows on the way back."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from queue import SimpleQueue
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError, IsomorphError
from isomorph.pool.pickling import to_send
from isomorph.runtime.job import Job
from isomorph.runtime.report import CallReport

LARGEST = 5000
"""Inputs of a chunk where the caller does not say: more would only delay the progress bar."""

PIECES = 10
"""Chunks for each worker: enough that a slow one is not waited for long."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Inputs of a call from `start` on, and its job, pickled once for all of them."""

    call: int
    start: int
    job: bytes
    inputs: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What is kept of each input of a chunk, and what happened to them, counted within the chunk.

    Rows of one shape come as one array (rows, …), which is smaller to send than one array a row.
    """

    rows: Sequence[Any] | NDArray[Any]
    report: CallReport
    chunk: tuple[int, int] = (0, 0)
    """The number of the call, and where the chunk starts in it: a pool of somebody else may mix them up."""

    @classmethod
    def of(cls, rows: Sequence[Any], report: CallReport) -> Answer:
        """Joins vectors of one size; matrices and sparse rows stay a list."""
        alike = {getattr(row, "shape", None) for row in rows}
        if len(alike) == 1 and isinstance(rows[0], np.ndarray) and rows[0].ndim == 1:
            return cls(np.stack(rows), report)
        return cls(rows, report)


class Call:
    """One call in the parent: chunks that are still to be sent, and answers as they come.

    ``answers`` holds pairs of a chunk's start and the bytes of its `Answer`, or an exception.
    """

    def __init__(self, number: int, job: Job, inputs: Sequence[Any], size: int) -> None:
        """Pickles the job.

        Raises:
            InputError: something that the caller passed cannot be pickled.
        """
        self.number = number
        self.answers: SimpleQueue[tuple[int, bytes] | BaseException] = SimpleQueue()
        self._inputs = inputs
        self._job = pickled_job(job)
        self._size = size
        self._starts: Iterator[int] = iter(range(0, len(inputs), size))

    def next_chunk(self) -> Chunk | None:
        """The next chunk to be sent, None where all are on their way."""
        start = next(self._starts, None)
        if start is None:
            return None
        inputs = self._inputs[start : start + self._size]
        return Chunk(self.number, start, self._job, [_plain(each) for each in inputs])


def pickled_job(job: Job) -> bytes:
    """A job as it is sent: the progress bar stays with the caller.

    Raises:
        InputError: it holds a function that no module defines by name.
    """
    return to_send(
        replace(job, progress=False, device=None),
        "An argument of this call cannot be sent to worker processes",
        "A function must be one that a module defines by name.",
    )


def pickled_chunk(chunk: Chunk) -> bytes:
    """A chunk as it is sent.

    Raises:
        InputError: an input of it cannot be pickled.
    """
    return to_send(chunk, f"An input of those from {chunk.start} on cannot be sent to workers")


def read_chunk(message: bytes) -> tuple[Chunk, Job]:
    """In a worker: a chunk and its job.

    Raises:
        InputError: they hold something of a class or function that is not to be had here.
    """
    try:
        chunk: Chunk = pickle.loads(message)
        job: Job = pickle.loads(chunk.job)
    except IsomorphError:
        raise
    except Exception as error:  # whatever a class of somebody else raises
        raise InputError(
            f"An input or an argument of this call cannot be read in a worker process ({error}). Its class "
            "or function must lie in a module that workers can import; a program that was read from stdin, "
            "from -c or in a notebook is none."
        ) from error
    return chunk, job


def _plain(item: Any) -> Any:
    """An input as it is sent: a text of another class may hold a whole document, or a lock."""
    if type(item) is str:
        return item
    if isinstance(item, str):
        return str.__str__(item)
    if type(item) in (list, tuple):
        return type(item)(map(_plain, item))
    return item


def default_size(inputs: int, workers: int) -> int:
    """Inputs of a chunk: ten chunks for each worker, none above 5,000 inputs."""
    return max(1, min(ceil(inputs / workers / PIECES), LARGEST))
