"""The loaded plans of one model: a runner for each output, device and kind of call that was asked for.

A call of many inputs runs several forwards at once, each on a thread of its own: no thread waits for
another. A call of few tokens has nothing to run beside its forward, so that all threads share that one.
Engines are told which when a graph is loaded, so that a backend whose claim is `latency` has two sessions
of a model that is called both ways. Each is loaded by the first call that needs it, if there is memory
for its weights or the two share them; else the one that there is serves both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock

from isomorph.contract import Device, Options
from isomorph.machine.afterwards import AFTERWARDS
from isomorph.machine.cpu import effective_cpus
from isomorph.machine.forks import WORK, keep_for_ever
from isomorph.machine.free_memory import free_memory
from isomorph.machine.lazy import lazy
from isomorph.runtime.plan import Plan, Runner
from isomorph.schedule.memory import SHARE

FREEING = 5.0
"""Seconds for which `close` waits until memory is free."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a runner was loaded for; a `shared` one has one lane, whose forwards all threads share."""

    output: str
    device: Device
    shared: bool


class Runners:
    """Loads a runner once, then keeps it; safe to call from many threads."""

    def __init__(self, plan_for: Callable[[str, Device], Plan], options: Options) -> None:
        self._plan_for = plan_for
        self._options = options
        self._loaded: dict[Kind, Runner] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(set(self._loaded.values()))

    @property
    def budget(self) -> int:
        """Tokens of a forward that some loaded session wants, 0 where none says so."""
        return max((runner.effective.budget for runner in tuple(self._loaded.values())), default=0)

    @lazy
    def cpus(self) -> int:
        """The CPUs that a call may keep busy, looked up once: that reads files of the system."""
        return effective_cpus()

    def get(self, output: str, device: Device, shared: bool) -> Runner:
        """The runner whose forwards all threads share, or that of a lane a thread; loads what is not there.

        Where the backend makes no difference, both are the same.
        """
        kind = Kind(output, device, shared)
        with self._lock:
            found = self._loaded.get(kind)
            if found is None:
                with WORK():
                    found = self._loaded[kind] = self._open(kind)
            return found

    def any(self, output: str, device: Device) -> Runner:
        """A runner that there is, for who asks what is loaded; else the one for many inputs."""
        for shared in (False, True):
            found = self._loaded.get(Kind(output, device, shared))
            if found is not None:
                return found
        return self.get(output, device, shared=False)

    def apart(self, plan: Plan) -> Runner:
        """What runs a plan of somebody else, with these options, for many inputs; it is not kept here."""
        with WORK():
            return self._opened(plan, *plan.setting.shared(self.cpus, plan.claim.lanes))

    def preload(self, output: str, device: Device) -> None:
        """Loads the runners for calls of many and of few inputs."""
        self.get(output, device, shared=False)
        self.get(output, device, shared=True)

    def close(self) -> None:
        """Frees everything that was loaded, once the calls that use it have come to an end.

        Waits for nobody: a call that has begun goes on with what it has, the next one loads anew.
        """
        with self._lock:
            let_go, self._loaded = self._loaded, {}
        let_go.clear()
        AFTERWARDS.settle(FREEING)

    def after_fork(self) -> None:
        """In a child: goes on with sessions that survive a fork, and never touches the others again."""
        self._lock = Lock()
        self.__dict__.pop("cpus", None)
        inherited, self._loaded = self._loaded, {}
        for kind, runner in inherited.items():
            if runner.plan.claim.forks and not WORK.refused:
                self._loaded[kind] = runner
            else:
                keep_for_ever(runner)

    def _open(self, kind: Kind) -> Runner:
        """A new runner; where the backend makes no difference, the one for the other kind of call.

        Raises:
            Unsupported: in a child, for a device that its parent has used.
        """
        if kind.device.kind != "cpu":
            WORK.use(kind.device.kind)
        other = self._loaded.get(replace(kind, shared=not kind.shared))
        plan = other.plan if other is not None else self._plan_for(kind.output, kind.device)
        threads, lanes = plan.setting.shared(self.cpus, plan.claim.lanes)
        two_kinds = has_two_kinds(plan, lanes)
        if other is not None and not (two_kinds and _is_room_beside(other)):
            return other
        if two_kinds and kind.shared:
            threads, lanes = self.cpus, 1
        return self._opened(plan, threads, lanes, beside=other)

    def _opened(self, plan: Plan, threads: int, lanes: int, beside: Runner | None = None) -> Runner:
        session = None if beside is None else beside.session
        return plan.open(replace(self._options, threads=threads, lanes=lanes, beside=session))


def has_two_kinds(plan: Plan, lanes: int) -> bool:
    """Whether forwards that all threads share have a session of their own, beside one of so many lanes."""
    is_asked = plan.claim.latency and plan.setting.latency
    # Ragged graphs sum rows: too little for threads to share.
    return is_asked and lanes > 1 and not plan.model.graph.ragged


def _is_room_beside(other: Runner) -> bool:
    """Whether its weights are shared or, in float32, fit once more into what forwards may take of memory."""
    if other.plan.claim.shares_weights:
        return True
    free = free_memory()
    return free is None or 4 * other.plan.model.numbers <= SHARE * free
