"""Several inputs decoded at once: Pillow and numpy let other threads run meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from isomorph.machine.cpu import effective_cpus
from isomorph.machine.crew import Crew, Outcome


def in_threads(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """What `work` makes of each; as many at once as there are processors."""
    return [outcome.result() for outcome in outcomes(work, items)]


def outcomes(work: Callable[[Any], Any], items: Sequence[Any]) -> list[Outcome[Any]]:
    """What became of each, in their order; as many at once as there are processors."""
    count = min(len(items), effective_cpus())
    if count < 2:
        return [Outcome(work, each) for each in items]

    def numbered_work(numbered: tuple[int, Any]) -> Any:
        return work(numbered[1])

    with Crew(numbered_work, count) as crew:
        for numbered in enumerate(items):
            crew.give(numbered)
        answers = [crew.answer() for _ in items]
    done: dict[int, Outcome[Any]] = {place: outcome for (place, _), outcome in answers}
    return [done[place] for place in range(len(items))]
