"""A call in a pool of somebody else: chunks out as bytes, answers in, and nothing lost on the way."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import ceil
from typing import Any

from isomorph.contract import Pool
from isomorph.errors import InputError, IsomorphError, PoolBroken
from isomorph.pool.chunks import Answer, Call, default_size
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
    size = chunk_size or default_size(len(inputs), max(1, pool.workers))
    places = ceil(len(inputs) / size)
    rows: list[Any] = [None] * len(inputs)
    reports: dict[int, CallReport] = {}
    call = Call(0, job, inputs, size)
    found = pool.answers(ModelParcel.of(loaded), _pickled(call))
    with (
        progress(inputs, job.progress, cost=cost) as advance,
        _ended(found),
    ):
        for place, data in found:
            answer = _answer(data)
            start, length = place * size, len(answer.rows)
            if (
                place in reports
                or not 0 <= place < places
                or length != len(inputs[start : start + size])
            ):
                raise PoolBroken(
                    f"The pool answered chunk {place} of {places} twice, or another's."
                )
            rows[start : start + length] = answer.rows
            reports[place] = answer.report
            advance(start, range(length))
    if len(reports) != places:
        raise PoolBroken(f"The pool answered {len(reports)} of {places} chunks.")
    total = CallReport(max_length=job.max_length)
    for place in sorted(reports):
        total = total.followed_by(reports[place])
    return rows, total


def _pickled(call: Call) -> Iterator[bytes]:
    while (chunk := call.next_chunk()) is not None:
        try:
            yield pickle.dumps(chunk, pickle.HIGHEST_PROTOCOL)
        except IsomorphError:
            raise
        except Exception as error:  # pickle raises four types, and objects of others raise theirs
            raise InputError(
                f"An input of those from {chunk.start} on cannot be sent to workers ({error})."
            ) from error


def _answer(data: bytes) -> Answer:
    answer: Answer | Failure = pickle.loads(data)
    if isinstance(answer, Failure):
        raise answer.exception()
    return answer


@contextmanager
def _ended(answers: Iterator[tuple[int, bytes]]) -> Iterator[None]:
    """Closes a generator at the end, so that a pool learns that nobody waits any more."""
    try:
        yield
    finally:
        close = getattr(answers, "close", None)
        if close is not None:
            close()
