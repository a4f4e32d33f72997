"""One contender in one workload, with every sample."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """What one contender did in one workload.

    `rounds` holds the seconds of each call, round by round; a row without rounds is void or was not timed.
    `report` is what the contender says of itself, with the peak of its memory in bytes as ``peak``.
    """

    contender: str
    workload: str
    ours: bool = False
    asked: Mapping[str, str] = field(default_factory=dict)
    """The device, precision and weights that it was to run with; what is not there was left to it."""
    report: Mapping[str, Any] = field(default_factory=dict)
    rounds: tuple[tuple[float, ...], ...] = ()
    gap: float | None = None
    """The largest difference from the reference, in units of the reference's largest component."""
    cosine: float | None = None
    """The lowest cosine of a result with the reference's."""
    spearman: float | None = None
    """Of the pairs that were given: the correlation of its scores with theirs."""
    void: str = ""
    """Why the figures do not count."""
    resident: tuple[tuple[float, float], ...] = ()
    """Seconds since the first round, and bytes of memory that were resident then."""
    joules: tuple[float, ...] = ()
    """What the processors took in each round; nothing where the system does not tell."""

    @property
    def counts(self) -> bool:
        """Whether there are figures that count."""
        return bool(self.rounds) and not self.void

    @property
    def by_round(self) -> list[float]:
        """The median call of every round, in seconds."""
        return [median(calls) for calls in self.rounds]

    @property
    def middle(self) -> float:
        """The median of the rounds, in seconds."""
        return median(self.by_round)

    @property
    def calls(self) -> list[float]:
        """The seconds of all calls of all rounds."""
        return [seconds for calls in self.rounds for seconds in calls]

    def percentile(self, percent: float) -> float:
        """Of all calls of all rounds, in seconds."""
        return percentile(self.calls, percent)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of all do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
