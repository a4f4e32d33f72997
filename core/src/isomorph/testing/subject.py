"""The backend under test on one device, with the tiny models, and what was already loaded for it."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from isomorph.contract import Backend, BackendInfo, Claim, Device, Model, Options, Session, Values
from isomorph.plugins.reading import read_model
from isomorph.reference.backend import CPU, ReferenceBackend
from isomorph.runtime.number_types import coarsest
from isomorph.runtime.plan import Plan
from isomorph.testing.compare import AGREES, REPEATS, tolerance
from isomorph.testing.feeds import Feeds, batches
from isomorph.testing.models import catalogue, write

MOST_LANES = 4


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
    ) -> None:
        self.info = info
        self.backend = backend
        self.device = device
        self.folder = folder
        self._tolerances = tolerances
        self._cases: dict[str, Case] = {}
        self._claims: dict[str, Claim] = {}
        self._sessions: dict[str, Session] = {}

    def case(self, name: str) -> Case:
        """The model of this name."""
        if name not in self._cases:
            model = read_model(write(name, self.folder / name))
            self._cases[name] = Case(name, model, batches(model))
        return self._cases[name]

    def claim(self, name: str) -> Claim:
        """What the backend claims of a model."""
        if name not in self._claims:
            self._claims[name] = self.backend.claim(self.case(name).model, self.device)
        return self._claims[name]

    def session(self, name: str) -> Session:
        """The claimed part of a model, loaded once; laws that close a session use `load`."""
        if name not in self._sessions:
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
        return Options(threads=lanes, lanes=lanes, arithmetic=arithmetic)

    def cut(self, name: str, depth: int) -> Plan:
        """The plan for a model whose first `depth` modules alone run on the backend."""
        model = self.case(name).model
        claim = self.backend.claim(model.prefix(depth), self.device)
        stop = claim.reason or "the kit cuts here"
        return Plan(model, self.info, self.backend, replace(claim, depth=depth, reason=stop))

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

    def report(self) -> Report:
        """How many modules of the catalogue are claimed, by operation, and why not the others."""
        claimed: Counter[str] = Counter()
        total: Counter[str] = Counter()
        stops: dict[str, list[str]] = {}
        for name in catalogue():
            claim = self.claim(name)
            modules = self.case(name).model.graph.modules
            total.update(module.kind for module in modules)
            claimed.update(module.kind for module in modules[: claim.depth])
            if claim.depth < len(modules):
                stops.setdefault(claim.reason, []).append(name)
        return Report(
            self.info.name,
            str(self.device),
            dict(claimed),
            dict(total),
            stops,
            self.info.distribution,
        )

    def close(self) -> None:
        """Closes every session that is still open."""
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()


@dataclass(frozen=True, slots=True)
class Report:
    """Claimed of total modules by operation; the models that are cut short, by reason."""

    backend: str
    device: str
    claimed: dict[str, int]
    total: dict[str, int]
    stops: dict[str, list[str]]
    distribution: str = ""

    def lines(self) -> Iterator[str]:
        """As text."""
        done, every = sum(self.claimed.values()), sum(self.total.values())
        yield f"{self.backend} on {self.device}: {done}/{every} modules claimed"
        for op, count in sorted(self.total.items()):
            yield f"  {op:<24}{self.claimed.get(op, 0):>4}/{count}"
        for stop, names in self.stops.items():
            yield f"  {stop}: {', '.join(names)}"
