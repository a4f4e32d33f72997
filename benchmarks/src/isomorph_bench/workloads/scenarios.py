"""What is measured, as data: a new entry here is a new column of the race."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from isomorph_bench.workloads.texts import mixed_texts, short_texts

Kind = Literal["start", "calls", "pass"]
SOURCES: dict[str, Callable[[int], list[str]]] = {"mixed": mixed_texts, "short": short_texts}


@dataclass(frozen=True, slots=True)
class Scenario:
    """Timed `rounds` times, contenders in turn.

    `kind` is ``"start"`` (from before the process is made to its first vector), ``"calls"`` (one
    text a call) or ``"pass"`` (all texts in one call). `goals` are the ratios to the best peer that
    our backends are built for, the first for the best of ours, the second for the next.
    """

    name: str
    kind: Kind
    rounds: int
    source: str
    count: int
    goals: tuple[float, ...] = ()
    unit: str = "texts"

    def texts(self) -> list[str]:
        """`count` texts, no two alike: what was computed once must not count as fast."""
        return SOURCES[self.source](self.count)

    @property
    def higher_is_better(self) -> bool:
        """Whether it is given in texts per second; otherwise in milliseconds."""
        return self.kind == "pass"


SUITE = (
    Scenario("start", "start", 3, "short", 1, (0.45,)),
    Scenario("one text", "calls", 5, "short", 60, (0.75,)),
    Scenario("short", "pass", 5, "short", 800, (1.1, 1.0)),
    Scenario("mixed", "pass", 5, "mixed", 320, (1.5, 1.35)),
)


def quick(suite: Sequence[Scenario] = SUITE) -> tuple[Scenario, ...]:
    """Once, and small: shows that the harness works; its numbers are not for comparing."""
    return tuple(replace(one, rounds=1, count=min(one.count, 48)) for one in suite)
