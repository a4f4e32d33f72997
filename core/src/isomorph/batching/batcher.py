"""What callers of dynamic batching hold in their hands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from queue import SimpleQueue
from typing import Any, Self

from isomorph.arguments.rules import at_least_one
from isomorph.batching.dispatcher import Dispatcher
from isomorph.batching.hands import Hands
from isomorph.batching.ticket import Ticket
from isomorph.errors import InputError
from isomorph.machine.afterwards import AFTERWARDS
from isomorph.machine.own_process import OfOneProcess
from isomorph.runtime.job import Job
from isomorph.runtime.mixed import Mixed
from isomorph.runtime.pipeline import Pipeline
from isomorph.runtime.report import CallReport

WINDOW = 0.001
"""Seconds for which a round waits for others, while there are several callers: a fifth of a small forward."""

ROUNDS = 2
"""Rounds at work at once: one computes while the other is tokenised, or its rows are handed out."""


class DynamicBatcher(OfOneProcess):
    """Joins the inputs of calls that come at once, from threads and tasks, into common forwards.

        batcher = DynamicBatcher(max_concurrent=512)
        vectors = model.encode(texts, pool=batcher)           # from any thread
        vectors = await model.aencode(texts, pool=batcher)    # from any task

    Calls of one model join whose prompt, task, limits and `deterministic` are equal. Each gets what it would
    get alone: numbers within the rounding of another batch, or equal to the last bit with
    ``deterministic=True``; its own errors, its own report. A round takes as many tokens as keep the engine
    busy once. Callers share it evenly, so that one with thousands of texts does not hold up the others. A
    caller that leaves, by an interrupt or a cancelled task, frees what was not begun.

    A caller alone waits for nobody. While there are several, a round that is not full waits for `window`.
    One batcher may serve any number of models; they take turns.
    """

    def __init__(
        self, *, window: float = WINDOW, max_concurrent: int | None = None, rounds: int = ROUNDS
    ) -> None:
        """Begins no thread yet; those that begin end when the batcher is closed or gone.

        Args:
            window: seconds for which a round waits for other callers, where there were some in the last one.
            max_concurrent: calls under way at most, those that wait among them; a further one raises
                `Overloaded` at once. None for any number.
            rounds: rounds at work at once.

        Raises:
            InputError: a number that cannot be.
        """
        at_least_one(max_concurrent=max_concurrent, rounds=rounds)
        if not 0 <= window <= 1:
            raise InputError(f"window={window!r}: a round waits for 0 to 1 seconds.")
        self._dispatcher = Dispatcher(window=window, rounds=rounds, most=max_concurrent)
        self._closed = False
        AFTERWARDS.after(self, self._dispatcher.end)

    @property
    def calls(self) -> int:
        """How many calls are under way."""
        return self._dispatcher.calls

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Takes no more calls; those under way are answered. Once more does nothing."""
        self._closed = True

    def run(
        self, pipeline: Pipeline | Mixed, inputs: Sequence[Any], job: Job
    ) -> tuple[list[Any], CallReport]:
        """What is kept of each input, in their order, and what happened to them; waits for it.

        Raises:
            Overloaded: as many calls as may be are under way.
            InputError: an input cannot be used, or the batcher is closed.
        """
        answer: SimpleQueue[None] = SimpleQueue()
        with self.entry() as entry:
            ticket = entry.submit(pipeline, inputs, job, lambda _: answer.put(None))
            answer.get()
            return ticket.result()

    def entry(self) -> Entry:
        """The place of one call, for the length of a ``with``.

        Raises:
            Overloaded, InputError: as `run`.
        """
        if self._closed:
            raise InputError("This batcher was closed; make another one.")
        return Entry(self._dispatcher)

    @property
    def hands(self) -> Hands:
        """Threads for what belongs to a call alone."""
        return self._dispatcher.hands


class Entry:
    """The place that one call takes. Leaving it frees what of the call was not begun."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        """Takes the place.

        Raises:
            Overloaded: there is none.
        """
        self._dispatcher = dispatcher
        self._ticket: Ticket | None = None
        self._has_left = False
        dispatcher.admit(self)

    def submit(
        self,
        pipeline: Pipeline | Mixed,
        inputs: Sequence[Any],
        job: Job,
        done: Callable[[Ticket], None],
    ) -> Ticket:
        """Has the call run; `done` is called with the ticket, on another thread, when it has.

        Raises:
            InputError: an input cannot be used.
        """
        self._ticket = ticket = Ticket.of(pipeline, inputs, job, done)
        if not self._has_left:
            self._dispatcher.submit(ticket)
        return ticket

    def run_or_submit(
        self,
        pipeline: Pipeline | Mixed,
        inputs: Sequence[Any],
        job: Job,
        done: Callable[[Ticket], None],
    ) -> tuple[list[Any], CallReport] | None:
        """As `run` for a call that is alone and small, which runs in this thread; None as `submit`.

        For threads that no interrupt reaches.

        Raises:
            InputError: an input cannot be used.
            Exception: what the run raises.
        """
        if not (self._has_left or job.progress):
            found = self._dispatcher.run_alone(len(inputs), partial(pipeline.run, inputs, job))
            if found is not None:
                return found
        self.submit(pipeline, inputs, job, done)
        return None

    def __enter__(self) -> Entry:
        return self

    def __exit__(self, *exc: object) -> None:
        self._has_left = True
        self._dispatcher.release(self)
        ticket = self._ticket
        if ticket is not None and not ticket.is_complete:
            self._dispatcher.withdraw(ticket)


class Later:
    """A batcher as the `pool` of a call that begins now and is answered later; see `tasks.py`."""

    def __init__(self, batcher: DynamicBatcher) -> None:
        self.batcher = batcher
