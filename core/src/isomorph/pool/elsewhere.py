"""A call in a pool of somebody else: chunks out as bytes, answers in, and nothing lost on the way."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import ceil
from numbers import Integral
from secrets import randbits
from typing import Any

from isomorph.contract import Pool
from isomorph.errors import PoolBroken
from isomorph.machine.foreign import telling
from isomorph.messages.shown import cause_shown, shown
from isomorph.pool.chunks import Answer, Call, default_size, pickled_chunk
from isomorph.pool.failure import Failure
from isomorph.pool.parcel import ModelParcel
from isomorph.progress.progress import progress
from isomorph.runtime.job import Job
from isomorph.runtime.loaded import Loaded
from isomorph.runtime.report import CallReport


def run_elsewhere(
    loaded: Loaded,
    inputs: Sequence[Any],
    job: Job,
    pool: Pool,
    chunk_size: int | None,
    cost: Callable[[Any], int],
) -> tuple[list[Any], CallReport]:
    """What is kept of each input, in their order, and what happened to them.

    Raises:
        InputError: the model, the job or an input cannot be pickled. An error of a worker is raised as it is.
        PoolBroken: the pool says so, or answers a chunk not at all or twice.
    """
    size = chunk_size or default_size(len(inputs), _workers(pool))
    places = ceil(len(inputs) / size)
    rows: list[Any] = [None] * len(inputs)
    reports: dict[int, CallReport] = {}
    call = Call(randbits(63), job, inputs, size)
    failure: Failure | None = None
    with (
        _asking(pool, "answers"),
        progress(inputs, job.progress, cost=cost) as advance,
        _ended(pool.answers(ModelParcel.of(loaded), _pickled(call))) as found,
    ):
        for place, data in found:
            answer = _answer(data)
            if isinstance(answer, Failure):
                failure = answer
                break
            start, length = place * size, len(answer.rows)
            expected = len(inputs[start : start + size])
            if place in reports or answer.chunk != (call.number, start) or length != expected:
                raise PoolBroken(
                    f"The pool answered chunk {place} of {places} twice, or another's."
                )
            rows[start : start + length] = answer.rows
            reports[place] = answer.report
            advance(start, range(length))
    if failure is not None:  # of the worker's model, and not of the pool
        raise failure.exception()
    if len(reports) != places:
        raise PoolBroken(f"The pool answered {len(reports)} of {places} chunks.")
    total = CallReport(max_length=job.max_length)
    for place in sorted(reports):
        total = total.followed_by(reports[place])
    return rows, total


def _workers(pool: Pool) -> int:
    """How many chunks a pool works on at once, at least one."""
    with _asking(pool, "workers"):
        count = pool.workers
        if isinstance(count, bool) or not isinstance(count, int | Integral):
            raise TypeError(f"it is {shown(count)}, no number")
        return max(1, int(count))


def _asking(pool: Pool, call: str) -> telling:
    """``with _asking(pool, "workers"):`` around a call into somebody's pool.

    Raises:
        PoolBroken: an exception left the call that is none of isomorph's; names the pool's class.
    """
    of = type(pool)
    return telling(
        lambda cause: PoolBroken(
            f"The pool {of.__module__}.{of.__qualname__} failed in {call}: {cause_shown(cause)}. "
            "The fault lies in that pool, and its authors want to know of it."
        )
    )


def _pickled(call: Call) -> Iterator[bytes]:
    while (chunk := call.next_chunk()) is not None:
        yield pickled_chunk(chunk)


def _answer(data: bytes) -> Answer | Failure:
    """What a worker sent.

    Raises:
        TypeError: it is something else.
    """
    answer: object = pickle.loads(data)
    if not isinstance(answer, Answer | Failure):
        raise TypeError(f"it gives {shown(answer)}, which no worker answered")
    return answer


@contextmanager
def _ended(answers: Iterator[tuple[int, bytes]]) -> Iterator[Iterator[tuple[int, bytes]]]:
    """Closes a generator at the end, so that a pool learns that nobody waits any more."""
    try:
        yield answers
    finally:
        close = getattr(answers, "close", None)
        if close is not None:
            close()
