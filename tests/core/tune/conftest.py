"""Recorded timings in place of processes: a table of rates, with the noise of a machine over it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from drawn import RANDOM

from isomorph.tune.candidate import Candidate, Rates, Ready
from isomorph.tuned.choice import PLAIN

FOLDER = Path("model")
LOADING = 0.5
"""Seconds that a candidate takes to be loaded, by the clock of the records."""
VISIT = 0.4
"""Seconds of a visit."""
MACHINE = 0.15
"""How much the speed of the whole machine drifts while a race runs."""


def candidate(backend, setting=PLAIN):
    return Candidate(FOLDER, backend, setting=setting)


@dataclass
class Recorded:
    """A meter that looks rates up by backend and setting; its clock goes on with each visit."""

    table: dict
    noise: float = 0.0
    ready: dict = field(default_factory=dict)
    broken: dict = field(default_factory=dict)
    seconds: float = 0.0
    opened: list = field(default_factory=list)
    is_open: set = field(default_factory=set)
    visited: list = field(default_factory=list)
    drift: float = 0.0

    def open(self, candidates):
        self.seconds += LOADING * len(candidates)
        self.opened += candidates
        found = {each: self._said(each) for each in candidates}
        self.is_open |= {each for each, said in found.items() if isinstance(said, Ready)}
        return found

    def _said(self, each):
        if each.backend in self.broken:
            return self.broken[each.backend]
        plain = {"device": "cpu", "engine": f"{each.backend} 1.0", "rate": self.true(each).mix}
        return Ready(**{**plain, **self.ready})

    def rates(self, candidate):
        assert candidate in self.is_open
        self.seconds += VISIT
        self.visited.append(candidate)
        if candidate.backend in self.broken:
            return self.broken[candidate.backend]
        self.drift = 0.8 * self.drift + RANDOM.normal(0, MACHINE * 0.6) * bool(self.noise)
        true = self.true(candidate)
        own = np.exp(RANDOM.normal(0, self.noise, 3))
        mix, short, one = (
            np.array([true.mix, true.short, true.one]) * own * np.exp(0.1 * self.drift)
        )
        return Rates(float(mix), float(short), float(one))

    def true(self, candidate):
        rate = self.table[candidate.backend, candidate.setting]
        return rate if isinstance(rate, Rates) else Rates(rate, 10 * rate, 2 * rate)

    def close(self, candidate):
        self.is_open.remove(candidate)

    def now(self):
        return self.seconds


MANY = {"cpus": 8, "lanes": 64, "has_latency": True, "has_budget": True}
"""What a backend of a machine with eight CPUs says."""


class Surface(Recorded):
    """Rates by a formula of the setting, so that every setting has one."""

    factors: dict

    def true(self, candidate):
        setting = candidate.setting
        rate = self.table[candidate.backend]
        for name in ("lanes", "threads", "tokens"):
            rate *= self.factors.get((name, getattr(setting, name)), 1.0)
        return Rates(
            rate, 10 * rate, 2 * rate * self.factors.get(("latency", setting.latency), 1.0)
        )


def surface(factors, noise=0.0, ready=MANY, **table):
    made = Surface(table, noise, dict(ready))
    made.factors = factors
    return made
