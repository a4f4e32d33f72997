"""The thread that alone knows who waits: it takes calls in, begins rounds, and hands out what comes."""

from __future__ import annotations

from _thread import start_new_thread
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TypeVar
from weakref import ref

from isomorph.batching.hands import Hands
from isomorph.batching.queue import FairQueue, Round
from isomorph.batching.rounds import Answer, run
from isomorph.batching.ticket import Ticket
from isomorph.errors import Overloaded
from isomorph.machine.forks import WORK

SMALL = 4
"""Inputs at most of a call that runs where it was read, if it is alone; others share a round."""
T = TypeVar("T")
Event = Callable[[], None] | None
"""What somebody else has for the dispatcher to do; None ends it."""


def _nothing() -> None:
    pass


def _next(events: SimpleQueue[Event], patience: float | None) -> Event:
    """The next event, or one that does nothing where none comes in so many seconds."""
    try:
        return events.get(timeout=patience)
    except Empty:
        return _nothing


class Dispatcher:
    """Everything goes through one queue of events, so that no state has a lock.

    Attributes:
        hands: threads beside it, for what belongs to a call alone: reading its inputs, making its result.
    """

    def __init__(self, *, window: float, rounds: int, most: int | None) -> None:
        self._window = window
        self._rounds = rounds
        self._most = most
        self.hands = Hands(2)
        self._runners = Hands(rounds)
        self.after_fork()
        WORK.inherit(self)

    def after_fork(self) -> None:
        """In a child: nobody waits, whoever waits in the parent."""
        self.hands.after_fork()
        self._runners.after_fork()
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._place: SimpleQueue[None] = SimpleQueue()
        self._place.put(None)
        self._begun = False
        self._queue = FairQueue(self._window)
        self._running = 0
        self._busy = False  # with a call that runs where it was read, which is a round too
        self._calls: set[ref[object]] = set()

    @property
    def calls(self) -> int:
        """How many calls are under way."""
        return len(self._calls)

    def admit(self, call: object) -> None:
        """Counts a call in, until `release` or as long as there is such an object.

        Raises:
            Overloaded: there are as many as may be.
        """
        self._calls.add(
            ref(call, self._calls.discard)
        )  # first: threads that come at once are never too many
        if self._most is not None and len(self._calls) > self._most:
            self.release(call)
            raise Overloaded(
                f"{self._most} calls are under way, as many as max_concurrent allows; this one did not "
                "begin. Try again later, or allow more."
            )

    def release(self, call: object) -> None:
        """Counts a call out; once more does nothing."""
        self._calls.discard(ref(call))

    def submit(self, ticket: Ticket) -> None:
        """Has a call run; its `done` tells when. Never waits."""
        self._tell(partial(self._arrive, ticket))

    def run_alone(self, count: int, work: Callable[[], T]) -> T | None:
        """Runs a call of a few inputs in this thread where nobody else is under way; else None at once.

        Another thread would only be waited for: its waking costs more than all else beside a short forward.
        A call that comes meanwhile is not alone, and takes the usual way.
        """
        if not self._is_alone(count):
            return None
        self._busy = True  # asked again behind that: whoever comes now sees it
        try:
            return work() if self._is_alone(count) else None
        finally:
            self._busy = False
            if len(self._calls) > 1:
                self._tell(_nothing)  # to begin what waited for this round

    def _is_alone(self, count: int) -> bool:
        return len(self._calls) == 1 and self._queue.is_calm and 0 < count <= SMALL

    def withdraw(self, ticket: Ticket) -> None:
        """Frees the rows of a call that nobody waits for. Never waits."""
        ticket.left = True
        self._tell(partial(self._queue.withdraw, ticket))

    def end(self) -> None:
        """Ends the threads; what is under way gets no answer."""
        self._events.put(None)

    def _tell(self, event: Event) -> None:
        self._events.put(event)
        if not self._begun:  # once more, after an interrupt or by two at once, does no harm
            start_new_thread(self._run, (self._events, self._place))

    def _run(self, events: SimpleQueue[Event], place: SimpleQueue[None]) -> None:
        try:
            place.get_nowait()
        except Empty:
            return  # there is one
        self._begun = True
        patience: float | None = None
        while True:
            event = _next(events, patience)
            if event is None:
                break
            event()
            del event
            if events.empty():  # else others came together, and run together
                patience = self._begin_rounds()
        self.hands.end()
        self._runners.end()

    def _arrive(self, ticket: Ticket) -> None:
        if ticket.left:
            return
        if ticket.is_complete:
            ticket.done(ticket)
        else:
            self._queue.add(ticket, monotonic())

    def _begin_rounds(self) -> float | None:
        """Begins what may begin; for how many seconds to wait for others then, None for their next event."""
        while self._running + self._busy < self._rounds:
            found = self._queue.next(monotonic())
            if not isinstance(found, Round):
                return found
            self._running += 1
            self._runners.do(partial(self._work, found))
        return None

    def _work(self, work: Round) -> None:
        """On a thread of the runners."""
        answers = run(work)
        self._events.put(partial(self._absorb, work, answers))

    def _absorb(self, work: Round, answers: list[Answer]) -> None:
        self._running -= 1
        tokens = sum(answer.tokens for answer in answers)
        if len(answers) == len(work.parts) and not any(answer.error for answer in answers):
            self._queue.learn(work.pipeline, tokens, work.cost)
        for answer in answers:
            answer.deliver()
            ticket = answer.ticket
            if answer.error is not None:
                self._queue.withdraw(ticket)
            if ticket.is_complete and not ticket.finished:
                ticket.finished = True
                ticket.done(ticket)
