"""A group of Ray's actors that stands for ``pool=`` in `encode` and `predict`.

Ray restarts no actor here: the chunk of an actor that ended goes to another one at once, and a new actor
takes the place of the old one as soon as the cluster has room.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Self

import ray
from ray.exceptions import (
    ActorUnavailableError,
    ObjectLostError,
    OutOfMemoryError,
    RayActorError,
    RayTaskError,
    WorkerCrashedError,
)

from isomorph.contract import Parcel
from isomorph.errors import InputError, PoolBroken
from isomorph_ray.holder import Holder

LOST = (
    ActorUnavailableError,
    ObjectLostError,
    OutOfMemoryError,
    RayActorError,
    WorkerCrashedError,
)
"""What Ray raises where an actor, its node, or an answer that lay there is gone."""
AHEAD = 2
"""Chunks of a call that an actor has at most: while it computes one, the next one travels."""
PATIENCE = 300.0
"""Seconds for which a call without any actor waits for the cluster to have room."""


@dataclass(eq=False)
class _Seat:
    """An actor, and whether it has said anything yet."""

    actor: Any
    ready: Any
    is_ready: bool = False


@dataclass
class _Task:
    """A chunk on its way."""

    place: int
    chunk: Any
    """A reference to its bytes, which the caller's node holds."""
    tries: int = 0
    seat: _Seat | None = None


@dataclass
class _Work:
    """One call: what an actor has, by the reference of its answer, and what waits for one again."""

    parcel: Any
    chunks: Iterator[tuple[int, bytes]]
    under_way: dict[Any, _Task] = field(default_factory=dict)
    again: deque[_Task] = field(default_factory=deque)

    def next(self) -> _Task | None:
        """What is to be sent next, None where all is on its way."""
        if self.again:
            return self.again.popleft()
        found = next(self.chunks, None)
        return None if found is None else _Task(found[0], ray.put(found[1]))

    def load(self, seat: _Seat) -> int:
        """How many chunks of this call an actor has."""
        return sum(task.seat is seat for task in self.under_way.values())


class ActorPool:
    """Actors that each hold models; an `isomorph.contract.Pool`, for any threads and any models at once.

    A model travels as the way to load it: its folder must be at the same place on every node, or
    on a file system that they share. Weights that are mapped are in memory once a node.

    A chunk whose actor ended is given to another one, `tries` times in all; an actor that ended is replaced.
    """

    def __init__(
        self,
        workers: int,
        *,
        num_cpus: float = 1,
        num_gpus: float = 0,
        device: str | None = None,
        threads: int | None = None,
        models: int = 2,
        tries: int = 4,
        **options: Any,
    ) -> None:
        """Starts actors; Ray must have been initialised. They load models with their first chunks.

        Args:
            workers: how many actors.
            num_cpus: CPUs of an actor.
            num_gpus: GPUs of an actor.
            device: where models compute, such as ``"cuda:0"``, the first that Ray shows an actor; None for
                where each model says.
            threads: CPU threads of an actor; None for its CPUs.
            models: how many models stay loaded in an actor.
            tries: how often a chunk is given to an actor, where it ended the ones before.
            **options: of `ray.actor.ActorClass.options`, such as ``resources`` and ``runtime_env``.

        Raises:
            InputError: a number that cannot be.
        """
        for name, value in {"workers": workers, "models": models, "tries": tries}.items():
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InputError(f"{name} must be a whole number of at least 1, not {value!r}.")
        if threads is None:
            threads = max(1, int(num_cpus))
        made = ray.remote(Holder)
        self._class = made.options(
            num_cpus=num_cpus, num_gpus=num_gpus, max_restarts=0, max_task_retries=0, **options
        )
        self._arguments = (device, threads, models)
        self._tries = tries
        self._lock = Lock()
        self._closed = False
        self._ended = 0
        self._stillborn = 0
        self._wanted = workers
        self._seats = [self._seat() for _ in range(workers)]

    @property
    def workers(self) -> int:
        """How many actors there should be."""
        return self._wanted

    @property
    def ended(self) -> int:
        """How many actors have ended so far, and were replaced."""
        return self._ended

    def answers(self, parcel: Parcel, chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
        """Every chunk's place and answer, as `isomorph.contract.Pool` says.

        Raises:
            PoolBroken: the pool is closed, no actor comes for `PATIENCE` seconds, or a chunk ended `tries`
                actors.
            IsomorphError: the model cannot be read in an actor.
        """
        work = _Work(ray.put(parcel), iter(enumerate(chunks)))
        try:
            while self._send(work):
                yield from self._received(work)
        finally:
            for reference in work.under_way:
                ray.cancel(reference)

    def close(self) -> None:
        """Ends the actors; calls under way fail. Once more does nothing."""
        with self._lock:
            self._closed, seats, self._seats = True, self._seats, []
        for seat in seats:
            ray.kill(seat.actor)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _seat(self) -> _Seat:
        actor = self._class.remote(*self._arguments)
        return _Seat(actor, actor.ready.remote())

    def _open(self) -> list[_Seat]:
        """The actors that live.

        Raises:
            PoolBroken: the pool is closed.
        """
        with self._lock:
            if self._closed:
                raise PoolBroken("This pool was closed. Make another one.")
            seats = list(self._seats)
        waiting = {seat.ready: seat for seat in seats if not seat.is_ready}
        if waiting:
            done, _ = ray.wait(list(waiting), num_returns=len(waiting), timeout=0)
            for reference in done:
                self._greet(waiting[reference])
        return [seat for seat in seats if seat.is_ready]

    def _greet(self, seat: _Seat) -> None:
        try:
            ray.get(seat.ready)
        except LOST as cause:
            self._stillborn += 1
            if self._stillborn > self._tries * self._wanted:
                raise PoolBroken(
                    f"{self._stillborn} actors in a row ended before they had started: {cause}"
                ) from cause
            self._replace(seat)
        else:
            seat.is_ready = True
            self._stillborn = 0

    def _replace(self, seat: _Seat) -> None:
        """Has the cluster start another actor in the place of one that ended; it comes when there is room."""
        with self._lock:
            if seat in self._seats and not self._closed:
                self._seats[self._seats.index(seat)] = self._seat()
                seat.is_ready = False
                self._ended += 1

    def _send(self, work: _Work) -> bool:
        """Gives chunks to actors that have room for them; False where nothing is left to be waited for."""
        for round_ in range(AHEAD):
            for seat in self._open():
                if work.load(seat) > round_:
                    continue
                task = work.next()
                if task is None:
                    return bool(work.under_way)
                task.seat, task.tries = seat, task.tries + 1
                work.under_way[seat.actor.answer.remote(work.parcel, task.chunk)] = task
        if not work.under_way:
            self._wait_for_anybody()
        return True

    def _wait_for_anybody(self) -> None:
        """Waits until some actor has started.

        Raises:
            PoolBroken: none does.
        """
        with self._lock:
            starting = [seat.ready for seat in self._seats if not seat.is_ready]
        done, _ = ray.wait(starting, num_returns=1, timeout=PATIENCE) if starting else ([], [])
        if starting and not done:
            raise PoolBroken(
                f"No actor has started for {PATIENCE:.0f} s: the cluster has no room for one, or its nodes "
                "are gone. 'ray status' tells what is asked for."
            )

    def _received(self, work: _Work) -> Iterator[tuple[int, bytes]]:
        """The answers that have come, at least one where something is on its way."""
        if not work.under_way:
            return
        with self._lock:
            starting = [seat.ready for seat in self._seats if not seat.is_ready]
        done, _ = ray.wait([*work.under_way, *starting], num_returns=1)
        for reference in done:
            task = work.under_way.pop(reference, None)
            if task is None:
                continue  # an actor has started
            try:
                yield task.place, ray.get(reference)
            except LOST as cause:
                self._lost(work, task, cause)
            except RayTaskError as failed:  # the model cannot be read there
                raise getattr(failed, "cause", None) or failed from failed

    def _lost(self, work: _Work, task: _Task, cause: Exception) -> None:
        """Gives the chunk of an actor that ended to another one.

        Raises:
            PoolBroken: it ended too many.
        """
        assert task.seat is not None
        self._replace(task.seat)
        if task.tries >= self._tries:
            raise PoolBroken(
                f"A chunk was given to {task.tries} actors, and all ended before they had answered "
                f"({type(cause).__name__}). Memory that runs out is the usual reason: a smaller chunk_size, "
                "or more memory an actor."
            ) from cause
        work.again.append(task)
