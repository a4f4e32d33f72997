"""What is measured, what a measurement says, and who measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Protocol

from isomorph.tuned.choice import PLAIN, Setting


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to run a model."""

    folder: Path
    """Required. The folder of the model."""
    backend: str
    """Required, such as ``"acme"``. Who runs it."""
    _: KW_ONLY
    setting: Setting = PLAIN
    """Default `PLAIN`. How forwards are made."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What one visit measured, in texts per second."""

    mix: float
    """Of the user's texts, in calls of many."""
    short: float
    """Of texts of one sentence, in calls of many."""
    one: float
    """Of texts of one sentence, a call each: one over the median seconds of a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What a loaded candidate says of itself."""

    device: str
    """Where it runs."""
    engine: str
    """Name and version."""
    rate: float
    """Texts of the mix per second, of a first few."""
    cpus: int = 1
    """CPUs that the process may use."""
    lanes: int = 1
    """Forwards that its backend can run at once there."""
    has_latency: bool = False
    """Whether calls of few inputs may have a session of their own."""
    has_budget: bool = False
    """Whether core says how many tokens a forward has."""


class Meter(Protocol):
    """Loads candidates and measures them."""

    def open(self, candidates: Sequence[Candidate]) -> Mapping[Candidate, Ready | str]:
        """Loads and warms candidates; of those that cannot run, the reason."""

    def rates(self, candidate: Candidate) -> Rates | str:
        """One visit to an open candidate; the reason where it has failed."""

    def close(self, candidate: Candidate) -> None:
        """Ends an open candidate."""

    def now(self) -> float:
        """Seconds since the beginning."""
