"""One call that waits for its rows: what is left to run, and what has come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from isomorph.errors import InputError
from isomorph.runtime.job import Job
from isomorph.runtime.lenient import Refused, spread
from isomorph.runtime.mixed import Mixed
from isomorph.runtime.pipeline import Pipeline
from isomorph.runtime.report import CallReport
from isomorph.schedule.distinct import Distinct
from isomorph.schedule.windows import places

FEW = 64
"""Inputs that are not looked through for long ones before they run: that would tokenise them once more."""


def with_ids(row: Any, ids: Any) -> tuple[Any, Any]:
    """What a round keeps of an input: its array, and the ids of its tokens."""
    return row, ids


@dataclass(slots=True, eq=False)
class Ticket:
    """A call between its caller and the rounds. Only the dispatcher's thread changes it once it is queued."""

    pipeline: Pipeline | Mixed
    inputs: Sequence[Any]
    job: Job
    """The call as it was asked for."""
    shared: Job
    """The call as a round runs it; rounds join calls whose shared jobs are equal."""
    distinct: Distinct
    costs: Sequence[int]
    done: Callable[[Ticket], None]
    """Called once with the ticket, on the dispatcher's thread, when all rows have come or an error has."""
    order: Sequence[int]
    """The inputs in the order in which they run: like costs together, as the padding wants it."""
    arrived: float = 0.0
    begun: int = 0
    came: int = 0
    rows: list[Any] = field(default_factory=list)
    tokens: int = 0
    padding: int = 0
    cut: list[int] = field(default_factory=list)
    strange: list[int] = field(default_factory=list)
    bad: Refused = field(default_factory=dict)
    error: BaseException | None = None
    finished: bool = False
    left: bool = False
    """Whether the caller has gone away."""

    @classmethod
    def of(
        cls,
        pipeline: Pipeline | Mixed,
        inputs: Sequence[Any],
        job: Job,
        done: Callable[[Ticket], None],
    ) -> Ticket:
        """Checks a call and prepares it for the queue; to be done on the caller's side.

        Raises:
            InputError: an input cannot be used, or is too long for the job; or the job asks for a bar.
        """
        if job.progress:
            raise InputError(
                "Calls that share forwards show no progress; leave show_progress_bar out."
            )
        if job.refuse_long and len(inputs) > FEW:
            pipeline.check(inputs, job)
        else:
            pipeline.inputs.check(inputs, job.first)
        keys = getattr(pipeline.inputs, "keys", None)
        distinct = Distinct.of(inputs, keys) if keys else Distinct(inputs)
        items, max_length = distinct.items, job.max_length
        costs = [pipeline.inputs.cost(item, max_length) for item in items]
        order: list[int] = []
        for part in places(items, pipeline.inputs):
            order += sorted(range(part.start, part.stop), key=lambda place: -costs[place])
        shared = replace(job, keep=with_ids, first=0, places=(), progress=False, refuse_long=False)
        rows: list[Any] = [None] * len(items)
        return cls(pipeline, inputs, job, shared, distinct, costs, done, order, rows=rows)

    @property
    def waiting(self) -> Sequence[int]:
        """The places of the inputs that no round has taken."""
        return _Tail(self.order, self.begun)

    @property
    def is_complete(self) -> bool:
        """Whether nothing is to come any more."""
        return self.error is not None or self.came == len(self.rows)

    def joins(self, other: Ticket) -> bool:
        """Whether a round may hold inputs of both."""
        return self is other or (self.pipeline == other.pipeline and self.shared == other.shared)

    def take(self, count: int) -> tuple[int, ...]:
        """The places of the next inputs, which are in a round from now on."""
        taken = tuple(self.order[self.begun : self.begun + count])
        self.begun += count
        return taken

    def place(self, item: int) -> int:
        """The index in the caller's call of one of the distinct inputs."""
        if self.distinct.places is None:
            return self.job.place(item)
        return self.job.place(self.distinct.inputs_of([item])[0])

    def result(self) -> tuple[list[Any], CallReport]:
        """What is kept of each input, in their order, and what happened to them.

        Raises:
            InputError: an input was too long for the job.
            Exception: what a round raised, as it is.
        """
        if self.error is not None:
            raise self.error
        if self.cut and self.job.refuse_long:
            self.pipeline.check(self.inputs, self.job)  # says which they are
        distinct, inputs_of = self.distinct, self.distinct.inputs_of
        report = CallReport(
            len(self.rows) if distinct.places is None else len(distinct.places),
            inputs_of(self.cut),
            self.job.max_length,
            self.tokens,
            self.padding,
            inputs_of(self.strange),
            spread(self.bad, distinct),
        )
        return distinct.spread(self.rows), report


class _Tail(Sequence[int]):
    """The end of a list, not copied."""

    __slots__ = ("_items", "_start")

    def __init__(self, items: Sequence[int], start: int) -> None:
        self._items, self._start = items, start

    def __len__(self) -> int:
        return len(self._items) - self._start

    def __getitem__(self, index: Any) -> Any:
        return self._items[self._start + index]
