"""How many times as fast, and how sure that is: medians of ratios with bootstrap intervals.

The percentile bootstrap of Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13:
rounds are drawn with replacement, the median is taken of each draw, and the interval holds the middle 95 % of
these medians. Of five rounds it reaches from the lowest to the highest but in rare cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DRAWS = 4000
SHARE = 95.0
"""Percent of the medians of draws that an interval holds."""
SEED = 20
"""The same samples give the same interval every time."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A median, between the bounds of its interval."""

    low: float
    middle: float
    high: float

    @property
    def width(self) -> float:
        """From bound to bound."""
        return self.high - self.low

    def holds(self, value: float) -> bool:
        """Whether a value lies in it, its bounds included."""
        return self.low <= value <= self.high

    def __str__(self) -> str:
        return f"{self.middle:.2f} [{self.low:.2f}, {self.high:.2f}]"


def paired(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """How many times as fast ours is: of times of the same rounds, whose minutes both sides saw.

    Raises:
        ValueError: there are no rounds, or not as many of both.
    """
    if not ours or len(ours) != len(theirs):
        raise ValueError(f"{len(ours)} rounds beside {len(theirs)} make no pairs")
    ratios = np.asarray(theirs, np.float64) / np.asarray(ours, np.float64)
    return _between(_medians(ratios), float(np.median(ratios)))


def apart(new: Sequence[float], old: Sequence[float]) -> Interval:
    """How many times as fast the new one is: of times of different runs, which have no pairs.

    Raises:
        ValueError: one of them has no rounds.
    """
    if not new or not old:
        raise ValueError("a run without rounds has no speed")
    left, right = (np.asarray(times, np.float64) for times in (old, new))
    draws = _medians(left) / _medians(right, SEED + 1)
    return _between(draws, float(np.median(left) / np.median(right)))


def _medians(values: NDArray[np.float64], seed: int = SEED) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    drawn = values[rng.integers(0, len(values), (DRAWS, len(values)))]
    return np.asarray(np.median(drawn, axis=1), np.float64)


def _between(draws: NDArray[np.float64], middle: float) -> Interval:
    low, high = np.percentile(draws, [(100 - SHARE) / 2, (100 + SHARE) / 2])
    return Interval(float(low), middle, float(high))
