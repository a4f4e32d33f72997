"""The pool as callers see it."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from itertools import count
from multiprocessing.context import SpawnProcess
from typing import Any, Self

from isomorph.errors import InputError
from isomorph.machine.afterwards import AFTERWARDS
from isomorph.machine.own_process import OfOneProcess
from isomorph.pool.chunks import Answer, Call, default_size
from isomorph.pool.dispatcher import Dispatcher
from isomorph.pool.failure import Failure
from isomorph.pool.member import Member
from isomorph.progress.progress import progress
from isomorph.runtime.job import Job
from isomorph.runtime.recipe import Recipe
from isomorph.runtime.report import CallReport


class WorkerPool(OfOneProcess):
    """Processes that each hold one model. Any number of threads may call with it at once.

    An exception in a worker is raised in the caller, and the worker goes on. A worker that ends in
    the middle of a call fails that call with `PoolBroken`; other calls and later ones go on with the
    workers that are left, and it is not replaced: what ended one would end the next. Where none is
    left every call raises `PoolBroken`.

    A worker at work that gives no sign of life for 10 s, because it was stopped or froze, is killed and has
    ended like any other. Computing is a sign of life, however long it takes.

    Workers end with the pool, when it is closed or collected, and with this process however that ends.
    A process that is forked from this one cannot use the pool: its calls raise `PoolBroken`.
    """

    def __init__(self, recipe: Recipe, members: Sequence[Member]) -> None:
        """Takes over workers that are ready, and what their model computes."""
        self._recipe = recipe
        self._members = tuple(members)
        self._dispatcher = Dispatcher(members)
        self._numbers = count()
        AFTERWARDS.after(self, self._dispatcher.abandon)

    @property
    def processes(self) -> tuple[SpawnProcess, ...]:
        """The worker processes, also those that have ended."""
        return tuple(member.process for member in self._members)

    @property
    def devices(self) -> tuple[str, ...]:
        """The device of each worker."""
        return tuple(member.device for member in self._members)

    def __len__(self) -> int:
        """How many workers are left."""
        return self._dispatcher.alive

    def __bool__(self) -> bool:
        return True

    def __getitem__(self, name: str) -> list[SpawnProcess]:
        """``pool["processes"]``, as in sentence-transformers; its queues do not exist here."""
        if name != "processes":
            raise KeyError(f"{name!r}: a pool has 'processes'; its workers have no queues.")
        return list(self.processes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def check(self, recipe: Recipe) -> None:
        """Refuses a model that does not compute what the workers do.

        Raises:
            InputError: it is not the one for which this pool was started, or was changed since then.
        """
        if recipe != self._recipe:
            raise InputError(
                "This pool was started for another model, or modules of this one were changed since then. "
                "Start a pool for the model as it is now."
            )

    def run(
        self,
        inputs: Sequence[Any],
        job: Job,
        chunk_size: int | None = None,
        cost: Callable[[Any], int] = lambda item: 1,
    ) -> tuple[list[Any], CallReport]:
        """What is kept of each input, in their order, and what happened to them.

        Args:
            inputs: what the model takes, or pairs of it where the job says so.
            job: the call.
            chunk_size: inputs of a chunk; None makes ten chunks a worker, none above 5,000 inputs.
            cost: what each input costs beside others, for the bar.

        Raises:
            PoolBroken: a worker ended in the middle of it, none is left, or the pool was stopped.
            InputError: the job cannot be pickled. Any exception of a worker is raised as it is.
        """
        rows: list[Any] = [None] * len(inputs)
        reports: dict[int, CallReport] = {}
        size = chunk_size or default_size(len(inputs), max(1, len(self)))
        call = Call(next(self._numbers), job, inputs, size)
        try:
            self._dispatcher.submit(call)
            with progress(inputs, job.progress, cost=cost) as advance:
                for _ in range(0, len(inputs), size):
                    start, answer = _received(call)
                    rows[start : start + len(answer.rows)] = answer.rows
                    reports[start] = answer.report
                    advance(start, range(len(answer.rows)))
        finally:
            self._dispatcher.withdraw(call)
        total = CallReport(max_length=job.max_length)
        for start in sorted(reports):
            total = total.followed_by(reports[start])
        return rows, total

    def close(self) -> None:
        """Ends the workers within some seconds, by force if need be; calls under way fail.

        Once more does nothing.
        """
        self._dispatcher.close()


def _received(call: Call) -> tuple[int, Answer]:
    came = call.answers.get()
    if isinstance(came, BaseException):
        raise came
    start, data = came
    answer: Answer | Failure = pickle.loads(data)
    if isinstance(answer, Failure):
        raise answer.exception()
    return start, answer
