"""One way of embedding that is timed, as data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["start", "calls", "pass", "callers", "soak"]


@dataclass(frozen=True, slots=True)
class Workload:
    """Timed `rounds` times, contenders in turn.

    `kind` is one of these: ``"start"``, from before the process is made to its first result; ``"calls"``, one
    item a call; ``"pass"``, all items in one call; ``"callers"``, one item after another in each of `callers`
    threads; ``"soak"``, passes for `seconds`.
    """

    name: str
    kind: Kind
    rounds: int
    source: str
    count: int
    """Items of a round: texts, images, pairs, or queries with their documents."""
    unit: str = "texts"
    goals: tuple[float, ...] = ()
    """How many times as fast as the best peer ours are built to be: the best of ours, the next, and so on."""
    callers: int = 1
    seconds: float = 0.0
    axis: str = ""
    """What a row of such workloads varies, ``"length"``, ``"batch"`` or ``"callers"``, for a chart."""
    text_tokens: int = 0
    """Of each text, where texts are made."""
    at: int = 0
    """Where on that axis this one stands: tokens of a text, texts of a call, or callers."""

    @property
    def alone(self) -> bool:
        """Whether a call has one item."""
        return self.kind in ("start", "calls", "callers")

    @property
    def rated(self) -> bool:
        """Whether its figure is of throughput; otherwise it is of the time of a call."""
        return self.kind in ("pass", "soak", "callers")


def quick(suite: Iterable[Workload]) -> tuple[Workload, ...]:
    """Once, and small: shows that all of it works; its numbers are not for comparing."""
    return tuple(
        replace(one, rounds=1, count=min(one.count, 48), seconds=min(one.seconds, 1.0))
        for one in suite
    )
