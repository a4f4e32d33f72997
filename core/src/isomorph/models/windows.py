"""Windows of many inputs: the next is at work while the results of one are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from isomorph.errors import Unsupported
from isomorph.machine.crew import Crew, Outcome
from isomorph.machine.forks import WORK
from isomorph.models.call import Call
from isomorph.postprocess.destination import Destination
from isomorph.progress.progress import progress
from isomorph.runtime.report import CallReport
from isomorph.schedule.windows import places

IN_FLIGHT = 2
"""Windows of a stream that are at work at once: the next is tokenised while the first one runs."""

T = TypeVar("T")
R = TypeVar("R")


def windows_of(inputs: Iterable[T], size: int) -> Iterator[list[T]]:
    """The inputs in lists of `size`, the last one shorter; read when it is asked for."""
    source = iter(inputs)
    while window := list(islice(source, size)):
        yield window


def in_order(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """The results of the items in their order, `IN_FLIGHT` of them at work at once.

    Items are taken by the caller's thread. An error is raised where its result would come.
    """
    begun = WORK.generation
    given = handed_out = 0
    done: dict[int, Outcome[R]] = {}

    def numbered(place: tuple[int, T]) -> R:
        return work(place[1])

    with Crew(numbered, IN_FLIGHT) as crew:

        def following() -> R:
            while handed_out not in done:
                (number, _), outcome = crew.answer()
                done[number] = outcome
            return done.pop(handed_out).result()

        for given, item in enumerate(items, 1):
            _refuse_forked(begun)
            crew.give((given - 1, item))
            if given - handed_out >= IN_FLIGHT:
                yield following()
                handed_out += 1
        while handed_out < given:
            _refuse_forked(begun)
            yield following()
            handed_out += 1


def written(call: Call, finish: Callable[[Sequence[Any]], Any], out: Any) -> CallReport:
    """Puts what `finish` makes of the rows of a call into `out`, window by window.

    Raises:
        InputError: `out` cannot hold them, or an input cannot be used; nothing has run then.
    """
    inputs, job = call.inputs, call.job
    destination = Destination(out, len(inputs), finish([]))
    call.pipeline.check(inputs, job)  # once for all: the windows need not look again

    def work(part: slice) -> tuple[Sequence[Any], CallReport]:
        own = replace(job, progress=False, first=part.start, refuse_long=False)
        return call.run_part(part, own)

    total = CallReport(max_length=job.max_length)
    kind = call.pipeline.inputs
    cost = partial(kind.cost, max_length=job.max_length)
    with progress(inputs, job.progress, cost=cost) as advance:
        for rows, report in in_order(work, places(inputs, kind)):
            destination.write(total.texts, finish(rows))
            advance(total.texts, range(report.texts))
            total = total.followed_by(report)
    call.tell(total)
    return total


def _refuse_forked(begun: int) -> None:
    if WORK.generation != begun:
        raise Unsupported(
            "This stream was begun before the process was forked, and the windows that are at work are its "
            "parent's. Begin a stream of its own in each process."
        )
