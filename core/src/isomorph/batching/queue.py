"""Who waits, and whose inputs go together next. No threads, no clock: both are the dispatcher's."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace
from weakref import WeakKeyDictionary

from isomorph.batching.ticket import Ticket
from isomorph.runtime.mixed import Mixed
from isomorph.runtime.pipeline import Pipeline

TOKENS_A_COST = 0.3
"""Tokens for each unit of `Inputs.cost` until a round has shown how many: of English texts, by characters."""


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """Inputs of one or several calls that run together; of each call the places of its inputs."""

    parts: tuple[tuple[Ticket, tuple[int, ...]], ...]

    @property
    def pipeline(self) -> Pipeline | Mixed:
        """What runs them."""
        return self.parts[0][0].pipeline

    @property
    def cost(self) -> int:
        """What all inputs cost, in the unit of `Inputs.cost`."""
        return sum(ticket.costs[place] for ticket, places in self.parts for place in places)


class FairQueue:
    """Calls in a ring. Each round takes from those that fit together, the one that waited longest among them.

    Within a round the next input is that of the call that has got least so far, by its cost: a call of
    thousands gets as much of the round as each call of one, until these have all that they want.
    """

    def __init__(self, window: float) -> None:
        """`window`: seconds for which a round waits for others, where several callers shared the last one."""
        self._window = window
        self._ring: deque[Ticket] = deque()
        self._rates: WeakKeyDictionary[Pipeline, float] = WeakKeyDictionary()
        self._crowded = False

    def __len__(self) -> int:
        """How many calls have inputs that wait."""
        return len(self._ring)

    @property
    def is_calm(self) -> bool:
        """Whether nobody waits, and the last round was of one call."""
        return not (self._ring or self._crowded)

    def add(self, ticket: Ticket, now: float) -> None:
        """Takes a call in, at the end of the ring; `now` is the time in seconds."""
        ticket.arrived = now
        self._ring.append(ticket)

    def withdraw(self, ticket: Ticket) -> None:
        """Frees the places of a call that nobody waits for any more; of any other does nothing."""
        if ticket in self._ring:
            self._ring.remove(ticket)

    def next(self, now: float) -> Round | float | None:
        """The next round; or how many seconds to wait before asking again; None where nobody waits."""
        if not self._ring:
            return None
        lead = self._ring[0]
        like = [ticket for ticket in self._ring if ticket.joins(lead)]
        counts, is_full = self._shares(like)
        due = lead.arrived + self._window
        if self._crowded and not is_full and now < due:
            return due - now
        return self._taken(like, counts)

    def learn(self, pipeline: Pipeline | Mixed, tokens: int, cost: int) -> None:
        """Remembers how many tokens inputs of this cost had."""
        if tokens and cost:
            self._rates[pipeline.main] = tokens / cost

    def _shares(self, like: Sequence[Ticket]) -> tuple[list[int], bool]:
        """How many inputs each call gives to a round, and whether the round is full."""
        room = like[0].pipeline.throughput
        rate = self._rates.get(like[0].pipeline.main, TOKENS_A_COST)
        counts = [0] * len(like)
        spent, rows = 0.0, 0
        heap = [(0.0, index) for index in range(len(like))]
        heapify(heap)
        while heap and rows < room.inputs:
            own, index = heap[0]
            waiting = like[index].waiting
            cost = rate * like[index].costs[waiting[counts[index]]]
            if rows and spent + cost > room.tokens:
                heappop(heap)  # too long for what is left; a shorter one of another call may fit
                continue
            counts[index] += 1
            spent, rows = spent + cost, rows + 1
            if counts[index] == len(waiting):
                heappop(heap)
            else:
                heapreplace(heap, (own + cost, index))
        return counts, sum(counts) < sum(len(ticket.waiting) for ticket in like)

    def _taken(self, like: Sequence[Ticket], counts: Sequence[int]) -> Round:
        parts = tuple(
            (ticket, ticket.take(count))
            for ticket, count in zip(like, counts, strict=True)
            if count
        )
        for ticket, _ in parts:
            self._ring.remove(ticket)
            if ticket.waiting:
                self._ring.append(ticket)
        self._crowded = len(parts) > 1
        return Round(parts)
