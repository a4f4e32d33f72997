"""The backend under test on one device, with the tiny models, and what was already loaded for it."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from isomorph.contract import (
    NOTHING_ASKED,
    Asked,
    Backend,
    BackendInfo,
    Claim,
    Device,
    Model,
    Options,
    Session,
    Values,
)
from isomorph.plugins.reading import read_model
from isomorph.reference.backend import CPU, ReferenceBackend
from isomorph.runtime.number_types import coarsest
from isomorph.runtime.plan import Plan
from isomorph.testing.compare import AGREES, REPEATS, tolerance
from isomorph.testing.feeds import Feeds, batches, longest
from isomorph.testing.models import catalogue, write
from isomorph.testing.on_lattice import OnLattice

MOST_LANES = 4
MOST_SESSIONS = 8
"""Sessions that are kept for later laws: each holds weights and, of some engines, threads."""
MOST_STOPS = 12
"""Reasons that a report prints, those that stop most models first."""


@dataclass
class Case:
    """One tiny model, with what the reference computes for it at every cut."""

    name: str
    model: Model
    given: dict[str, Feeds]
    _expected: dict[tuple[int, str], Values] = field(default_factory=dict)

    @property
    def feeds(self) -> dict[str, Feeds]:
        """The batches, in arrays of their own each time: who writes into some spoils no others."""
        return copy.deepcopy(self.given)

    def expected(self, depth: int, batch: str) -> Values:
        """What the first `depth` modules promise for a batch, from the reference."""
        key = depth, batch
        if key not in self._expected:
            session = ReferenceBackend().load(
                self.model.prefix(depth), Claim(CPU, depth), Options()
            )
            self._expected |= {(depth, b): session.forward(f) for b, f in self.feeds.items()}
            session.close()
        return self._expected[key]

    def name_of(self, batch: str, output: str) -> str:
        """How messages call one output."""
        return f"model {self.name!r}, {batch}, {output}"


class Subject:
    """A backend, its device, and caches: a model is written, read and loaded once for all laws."""

    def __init__(
        self,
        info: BackendInfo,
        backend: Backend,
        device: Device,
        folder: Path,
        tolerances: tuple[float, float] | None = None,
        prepare: Callable[[Path], object] | None = None,
        arithmetic: str | None = None,
    ) -> None:
        """`prepare` is called with the folder of each tiny model; `arithmetic` is what all laws ask for."""
        self.info = info
        self.backend: Backend = OnLattice(backend)
        self.asked = NOTHING_ASKED if arithmetic is None else Asked(arithmetic)
        self._prepare = prepare
        self.device = device
        self.folder = folder
        self._tolerances = tolerances
        self._cases: dict[str, Case] = {}
        self._claims: dict[str, Claim] = {}
        self._sessions: dict[str, Session] = {}

    def case(self, name: str) -> Case:
        """The model of this name."""
        if name not in self._cases:
            folder = write(name, self.folder / name)
            if self._prepare is not None:
                self._prepare(folder)
            model = read_model(folder)
            most = self.claim_of(model).batches.longest
            self._cases[name] = Case(name, model, batches(model, most))
        return self._cases[name]

    def claim_of(self, model: Model) -> Claim:
        """What the backend claims of any model, where the run's arithmetic is asked for."""
        return self.backend.claim(model, self.device, self.asked)

    def longest(self, name: str) -> int:
        """The longest row to try with a model."""
        return longest(self.case(name).model, self.claim(name).batches.longest)

    def claim(self, name: str) -> Claim:
        """What the backend claims of a model."""
        if name not in self._claims:
            self._claims[name] = self.claim_of(self.case(name).model)
        return self._claims[name]

    def session(self, name: str) -> Session:
        """The claimed part of a model, loaded once for neighbours; laws that close a session use `load`."""
        if name not in self._sessions:
            while len(self._sessions) >= MOST_SESSIONS:
                self._sessions.pop(next(iter(self._sessions))).close()
            self._sessions[name] = self.load(self.case(name).model, self.claim(name))
        return self._sessions[name]

    def load(self, model: Model, claim: Claim, arithmetic: str | None = None) -> Session:
        """Loads the claimed part of a model, with as many lanes as the claim has (4 at most)."""
        options = self.options(claim, arithmetic)
        return self.backend.load(model.prefix(claim.depth), claim, options)

    def options(self, claim: Claim, arithmetic: str | None = None) -> Options:
        """What sessions are asked for: one thread a lane.

        With more, tiny models on a busy machine spend their time waiting for the other thread.
        """
        lanes = min(claim.lanes, MOST_LANES)
        return Options(threads=lanes, lanes=lanes, arithmetic=arithmetic or self.asked.arithmetic)

    def cut(self, name: str, depth: int) -> Plan:
        """The plan for a model whose first `depth` modules alone run on the backend."""
        model = self.case(name).model
        claim = self.claim_of(model.prefix(depth))
        stop = claim.reason or "the kit cuts here"
        claim = replace(claim, depth=depth, reason=stop)
        return Plan(model, self.info, self.backend, claim, asked=self.asked)

    def cuts(self, name: str) -> list[int]:
        """The depths at which a model may be cut; of an artifact those for which there is one too."""
        claim, model = self.claim(name), self.case(name).model
        depths = range(1, claim.depth + 1)
        if claim.artifact is None:
            return list(depths)
        return [n for n in depths if n == claim.depth or self.claim_of(model.prefix(n)).depth == n]

    def agrees(self, claim: Claim) -> float:
        """How far values may be from the reference."""
        if self._tolerances is not None:
            return self._tolerances[0]
        return tolerance(AGREES, coarsest(claim))

    def repeats(self, claim: Claim) -> float:
        """How far two answers for one row may be from each other."""
        if self._tolerances is not None:
            return self._tolerances[1]
        return tolerance(REPEATS, coarsest(claim))

    def told(self, names: Iterable[str] | None = None) -> dict[str, Told]:
        """What is claimed of some models, by name; of those that were asked about, where none are named."""
        asked = list(self._claims) if names is None else names
        return {
            name: Told(
                [module.kind for module in self.case(name).model.graph.modules],
                self.claim(name).depth,
                self.claim(name).reason,
            )
            for name in asked
        }

    def report(self, names: Iterable[str] | None = None) -> Report:
        """How many modules of the catalogue, or of some models, are claimed, and why not the others."""
        told = self.told(catalogue() if names is None else names)
        return Report.of(self.info, str(self.device), told)

    def close(self) -> None:
        """Closes every session that is still open."""
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()


class Told(NamedTuple):
    """What is claimed of one model."""

    kinds: list[str]
    depth: int
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """Claimed of total modules by operation; the models that are cut short, by reason."""

    backend: str
    device: str
    claimed: dict[str, int]
    total: dict[str, int]
    stops: dict[str, list[str]]
    distribution: str = ""

    @classmethod
    def of(cls, info: BackendInfo, device: str, told: Mapping[str, Told]) -> Report:
        """The report of what is claimed of each model."""
        claimed: Counter[str] = Counter()
        total: Counter[str] = Counter()
        stops: dict[str, list[str]] = {}
        for name, (kinds, depth, reason) in told.items():
            total.update(kinds)
            claimed.update(kinds[:depth])
            if depth < len(kinds):
                stops.setdefault(reason, []).append(name)
        return cls(info.name, device, dict(claimed), dict(total), stops, info.distribution)

    def lines(self) -> Iterator[str]:
        """As text."""
        done, every = sum(self.claimed.values()), sum(self.total.values())
        yield f"{self.backend} on {self.device}: {done}/{every} modules claimed"
        for op, count in sorted(self.total.items()):
            yield f"  {op:<24}{self.claimed.get(op, 0):>4}/{count}"
        by_models = sorted(self.stops.items(), key=lambda each: (-len(each[1]), each[0]))
        for stop, names in by_models[:MOST_STOPS]:
            some = ", ".join(names[:3])
            yield f"  stops {len(names)} models, such as {some}: {stop}"
        if len(by_models) > MOST_STOPS:
            yield f"  {len(by_models) - MOST_STOPS} more reasons; --isomorph-json FILE has all of them"
