"""What a race found, and how ours compare with the best peer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from isomorph_bench.workloads.scenarios import Scenario


@dataclass(frozen=True, slots=True)
class Timing:
    """One contender in one scenario.

    `rounds` holds the seconds of each call, round by round; `gap` is the difference from the
    reference in units of its largest component; `void` says why the figures do not count.
    """

    rounds: tuple[tuple[float, ...], ...] = ()
    gap: float | None = None
    void: str = ""

    @property
    def by_round(self) -> list[float]:
        """The median call of every round, in seconds."""
        return [median(calls) for calls in self.rounds]

    @property
    def middle(self) -> float:
        """The median of the rounds, in seconds."""
        return median(self.by_round)

    def percentile(self, percent: float) -> float:
        """Of all calls of all rounds, in seconds."""
        return percentile([seconds for calls in self.rounds for seconds in calls], percent)


@dataclass(frozen=True, slots=True)
class Entry:
    """One contender: what it says of itself, and its timings by scenario."""

    name: str
    ours: bool
    report: Mapping[str, Any]
    timings: Mapping[str, Timing] = field(default_factory=dict)

    def counts(self, scenario: str) -> bool:
        """Whether it has figures there that count."""
        return scenario in self.timings and not self.timings[scenario].void


@dataclass(frozen=True, slots=True)
class Comparison:
    """One of ours against the peers in one scenario: medians of the ratios of single rounds.

    Ours over theirs: of speeds where more is better, of times where less is. `goal` is what it was
    built for, None where nothing was promised.
    """

    scenario: str
    ours: str
    best: str
    ratios: Mapping[str, float]
    goal: float | None = None

    @property
    def ratio(self) -> float:
        """To the best peer."""
        return self.ratios[self.best]


def compare(entries: Sequence[Entry], scenario: Scenario) -> list[Comparison]:
    """Ours in the order of their speed; nothing where no peer's figures count."""
    name = scenario.name
    counting = sorted(
        (entry for entry in entries if entry.counts(name)),
        key=lambda entry: entry.timings[name].middle,
    )
    peers = {entry.name: entry.timings[name] for entry in counting if not entry.ours}
    if not peers:
        return []
    best = next(iter(peers))
    goals = (*scenario.goals, *[None] * len(counting))
    return [
        Comparison(
            name,
            entry.name,
            best,
            {
                peer: round_ratio(entry.timings[name], timing, scenario.higher_is_better)
                for peer, timing in peers.items()
            },
            goal,
        )
        for entry, goal in zip((entry for entry in counting if entry.ours), goals, strict=False)
    ]


def round_ratio(ours: Timing, theirs: Timing, higher_is_better: bool) -> float:
    """The median over rounds of ours to theirs, so that both sides of a ratio saw the same minutes."""
    pairs = zip(ours.by_round, theirs.by_round, strict=True)
    return median(b / a if higher_is_better else a / b for a, b in pairs)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of all do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
