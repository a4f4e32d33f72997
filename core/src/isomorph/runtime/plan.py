"""The plan: which module runs where, said before anything is loaded, and the runner that does it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from isomorph.compile_cache import keeper
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
    SessionInfo,
    Values,
)
from isomorph.errors import DeviceUnavailable, InputError, Unsupported
from isomorph.machine.afterwards import AFTERWARDS
from isomorph.machine.cpu import effective_cpus
from isomorph.machine.forks import WORK
from isomorph.machine.lazy import lazy
from isomorph.plugins.door import asking, of_type, told
from isomorph.program.axes import measuring
from isomorph.program.width import widths
from isomorph.runtime.number_types import coarsest
from isomorph.runtime.promise import Promise
from isomorph.runtime.sizes import Sizes
from isomorph.runtime.stored import told_of_stored
from isomorph.schedule.batches import BUDGET, RAGGED_BUDGET, Batch, plan_batches, plan_ragged
from isomorph.schedule.budget import CPUS, CpuBudget
from isomorph.schedule.even import plan_even
from isomorph.schedule.large import plan_large
from isomorph.schedule.lattice import Shapes, plan_on_lattice
from isomorph.schedule.memory import TokenBudget
from isomorph.tuned.choice import PLAIN, Setting


@dataclass(frozen=True, slots=True)
class Row:
    """One module of an explanation: who runs it, where, and why not natively ("" if it is)."""

    module: str
    runs: str
    device: str
    reason: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """One row a module, and what is done beyond the files of the model. `str()` is a table."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        cells = [("module", "runs on", "device", "why not natively")]
        cells += [(row.module, row.runs, row.device, row.reason) for row in self.rows]
        widths = [max(len(line[column]) for line in cells) for column in range(4)]
        lines = (
            "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)) for line in cells
        )
        return "\n".join([*(line.rstrip() for line in lines), *self.notes])


@dataclass(frozen=True, slots=True)
class Plan:
    """A model, the backend that was chosen for it, and what that backend claims."""

    model: Model
    info: BackendInfo
    backend: Backend
    claim: Claim
    passed_over: tuple[tuple[str, str], ...] = ()
    """The backends that an automatic choice passed over, by name, each with the reason."""
    asked: Asked = NOTHING_ASKED
    """What the user asks of the backend beside the device."""
    setting: Setting = PLAIN
    """How forwards are made."""
    tuned: str = ""
    """Of a choice that `isomorph tune` made and that is followed here: what was chosen, and when."""

    def explain(self) -> Explanation:
        """Who runs each module, where, and why not natively."""
        from isomorph.modules.own_code import told_of_data

        rows = []
        for index, module in enumerate(self.model.graph.modules):
            name = f"{module.name or index} {module.kind}"
            if index < self.claim.depth:
                rows.append(Row(name, self.info.name, str(self.claim.device), ""))
            else:
                reason = self.claim.reason if index == self.claim.depth else "after the cut"
                rows.append(Row(name, "reference", "cpu", reason))
        said = filter(None, map(told_of_data, self.model.graph.modules))
        over = (f"passed over: {name}: {why}" for name, why in self.passed_over)
        stored = told_of_stored(self.model, self.claim.weights)
        told = [f"weights are stored as {stored}"] if stored else []
        told += [f"{self.tuned} (ISOMORPH_TUNED=0 leaves this alone)"] if self.tuned else []
        return Explanation(
            tuple(rows), (*self._of_artifact(), *self.claim.notes, *told, *said, *over)
        )

    def _of_artifact(self) -> tuple[str, ...]:
        """Which prebuilt file runs, where one does."""
        file = self.claim.artifact
        if file is None:
            return ()
        folder = self.model.folder
        name = file.relative_to(folder) if file.is_relative_to(folder) else file
        return (f"{self.info.name} runs the file {name.as_posix()} ({coarsest(self.claim)}).",)

    def until(self, *names: str) -> Plan:
        """The plan for an intermediate result, such as ``token_embeddings``.

        Raises:
            InputError: no module makes it.
        """
        graph = self.model.graph
        made = {name for module in graph.modules for name in module.outputs}
        for name in names:
            if name not in made:
                kinds = ", ".join(module.kind for module in graph.modules)
                raise InputError(
                    f"This model makes no {name}: its modules are {kinds}, and they make "
                    f"{', '.join(sorted(made))}."
                )
        return self.of(self.model.with_graph(graph.until(names)))

    def of(self, model: Model, device: Device | None = None, asked: Asked | None = None) -> Plan:
        """The plan of the same backend for another model, another device, or something else asked.

        A choice that was tuned is followed where neither the device nor what is asked is another.

        Raises:
            Unsupported: as `make_plan`.
        """
        like = self.claim if device is None else Claim(device, 0)
        wanted = self.asked if asked is None else asked
        plan = make_plan(model, self.info, self.backend, like, asked=wanted)
        if like.device != self.claim.device or wanted != self.asked:
            return plan
        return replace(plan, setting=self.setting, tuned=self.tuned)

    def open(self, options: Options) -> Runner:
        """Loads the claimed prefix and prepares the reference for the rest."""
        depth, graph = self.claim.depth, self.model.graph
        session = None
        if depth:
            model = self.model.prefix(depth)
            cache = keeper(model, self.claim, options)
            session = self.backend.load(model, self.claim, replace(options, compile_cache=cache))
            with asking(self.info, "effective", self.claim.device):
                effective: object = session.effective
            check_effective(of_type(effective, self.info), self, options)
        tail = None
        if depth < len(graph):
            from isomorph.reference.backend import CPU, ReferenceBackend

            rest = self.model.rest(depth)
            own = replace(options, model_kwargs={}, beside=None)  # those are the backend's
            tail = ReferenceBackend().load(rest, Claim(CPU, len(rest.graph)), own)
        return Runner(self, session, tail)


def make_plan(
    model: Model,
    info: BackendInfo,
    backend: Backend,
    like: Claim,
    strict: bool = False,
    asked: Asked = NOTHING_ASKED,
) -> Plan:
    """Asks for the claim on the device of `like` and checks that it can be honoured.

    Raises:
        ContractError, BackendFailed: the backend gave no claim, or raised.
        Unsupported: `strict` and the reference would have to run a module; or it cannot.
    """
    claim = backend.claim(model, like.device, asked)
    length = len(model.graph)
    plan = Plan(model, info, backend, claim, asked=asked)
    if claim.depth < length:
        if strict:
            raise Unsupported(
                f"strict=True, but backend {info.name!r} runs {claim.depth} of {length} modules "
                f"natively: {claim.reason}.\n{plan.explain()}"
            )
        from isomorph.reference.backend import CPU, ReferenceBackend

        rest = model.rest(claim.depth)
        own = ReferenceBackend().claim(rest, CPU, NOTHING_ASKED if claim.depth else asked)
        if own.depth < len(rest.graph):
            too = "there" if own.reason in claim.reason else f"too: {own.reason}"
            raise Unsupported(
                f"Backend {info.name!r} stops before module {rest.graph.modules[0].kind!r} "
                f"({claim.reason}), and the reference stops {too}."
            )
    return plan


def check_effective(effective: SessionInfo, plan: Plan, options: Options) -> None:
    """Refuses a session that does not run as asked: never a silent CPU, never in other numbers.

    Raises:
        DeviceUnavailable, Unsupported
    """
    asked = plan.claim.device
    if effective.device != asked:
        raise DeviceUnavailable(
            str(asked),
            plan.info.name,
            [str(effective.device)],
            f"the engine put the model on {effective.provider}",
        )
    if options.arithmetic is not None and coarsest(effective) != options.arithmetic:
        stored = f", with weights stored in {effective.weights!r}" if effective.weights else ""
        raise Unsupported(
            f"arithmetic in {options.arithmetic!r} was asked for, but backend {plan.info.name!r} computes "
            f"in {effective.arithmetic!r} on {effective.device}{stored}."
        )


def _cpus_of_a_forward(effective: SessionInfo) -> int:
    """How many CPUs one forward keeps busy, 0 on another device."""
    if effective.device.kind != "cpu":
        return 0
    threads = effective.threads or effective_cpus()  # 0: the engine takes what there is
    return max(1, threads // max(1, effective.lanes))


def _close(info: BackendInfo, session: Session | None, tail: Session | None) -> None:
    with WORK():  # engines take locks for that too
        try:
            if session is not None:
                with asking(info, "close"):
                    session.close()
        finally:
            if tail is not None:
                tail.close()


class Runner:
    """A loaded plan: the backend's session, then the reference for what is left.

    `forward` may be called from any number of threads; more of them than `lanes` wait for each other,
    and on the CPU those of all models share one budget. Both halves are freed with the runner, so that
    a call which has one goes on with it to its end. `fed` are the names of its feeds; `left` says that
    padding stands on the left, and `ragged` that there is none.
    """

    def __init__(self, plan: Plan, session: Session | None, tail: Session | None) -> None:
        self.plan = plan
        self.session = session
        self._tail = tail
        effective, model = self.effective, plan.model
        self.fed, self.ragged = model.graph.inputs, model.graph.ragged
        self.left = model.inputs.padding_side == "left"
        self._longest = model.inputs.longest
        rest = model.graph.rest(plan.claim.depth).inputs if session and tail else ()
        self._both = tuple(name for name in rest if name in self.fed)  # feeds that both halves read
        self._measure, counted = measuring(model.graph)
        self._is_padded = counted > 1
        file = effective.artifact  # of what backends compute themselves, lowering knows the width
        known = widths(model) if file is not None else {}
        self._promise = Promise(plan.info, model.graph, plan.claim.depth, file, known)
        self.lanes = max(1, effective.lanes)
        self._plan_free = plan_even if self.lanes > 1 else plan_batches
        self._free = CpuBudget()
        self._shapes = Shapes(plan.claim.max_shapes)
        self.sizes = Sizes(plan.claim, self._longest)
        self._cpus, self._all_cpus = _cpus_of_a_forward(effective), effective_cpus()
        AFTERWARDS.after(self, partial(_close, plan.info, session, tail))

    @lazy
    def budget(self) -> TokenBudget:
        """What forwards cost in memory, and the token budget that fits into what is free of it."""
        on_cpu = self.effective.device.kind == "cpu"  # other memory is the engine's to know
        if not on_cpu:
            return TokenBudget(None)
        most = self.plan.setting.tokens or BUDGET
        return TokenBudget.of(self.plan.model, self.lanes, self.plan.claim.memory_factor, most)

    def batches(self, lengths: NDArray[np.int64], max_rows: int | None = None) -> list[Batch]:
        """Batches of as many tokens as the engine wants and as fit into memory, in shapes that it takes.

        Raises:
            Unsupported: an input is longer than the widest forward that the engine has.
        """
        fitting = BUDGET if len(lengths) < 2 else self.budget.tokens(int(lengths.max()))
        effective, sizes = self.effective, self.sizes  # a live session looks for its answer
        most, rows, is_wanted = sizes.bounds(fitting, effective.budget, max_rows)
        bound = self.plan.claim.max_shapes is not None and not effective.unpadded
        if sizes.lattice is None and (not bound or len(lengths) > self._all_cpus):
            plan = plan_large if is_wanted else self._plan_free
            free = plan(lengths, budget=most, max_rows=rows, lanes=self.lanes)
            if not bound or self._shapes.admit(free):
                return free
        return plan_on_lattice(lengths, sizes.buckets, rows or len(lengths), most, self.lanes)

    def ends(self, lengths: NDArray[np.int64], max_rows: int | None = None) -> list[Batch]:
        """Batches of inputs that stand end to end, without padding."""
        sizes, found = self.sizes, self.effective.budget
        most, _, _ = sizes.bounds(sizes.wanted(found) or RAGGED_BUDGET, found, None)
        own = self.plan.claim.batches.most_rows
        return plan_ragged(lengths, min(filter(None, (own, max_rows)), default=None), most)

    def alone(self, index: int, length: int) -> Batch:
        """The forward of one input, padded no more than the engine's shapes want."""
        lattice = self.sizes.lattice
        return Batch((index,), max(1, length)) if lattice is None else lattice.alone(index, length)

    def shapes(self, longest: int) -> list[tuple[int, int]]:
        """(rows, width) of all forwards for which the engine compiles, of inputs up to `longest` tokens."""
        lattice = self.sizes.lattice
        if lattice is None or self.ragged:
            return []
        budget, most, _ = self.sizes.bounds(BUDGET, self.effective.budget, None)
        return lattice.shapes(longest, budget, budget if most is None else most)

    @property
    def effective(self) -> SessionInfo:
        """What the session runs with; the reference's own answer where it runs everything."""
        if self.session is None:
            assert self._tail is not None
            return self._tail.effective
        try:  # in place, since every call asks; a live session looks for its answer
            found: object = self.session.effective
        except BaseException as cause:
            said = told(cause, self.plan.info, "effective", self.plan.claim.device)
            if said is cause:
                raise
            raise said from cause
        return found if type(found) is SessionInfo else of_type(found, self.plan.info)

    @property
    def padded(self) -> bool:
        """Whether padding is computed: ragged feeds have none, and a session may leave it out."""
        return not self.ragged and not self.effective.unpadded

    def forward(self, feeds: Values) -> Mapping[str, np.ndarray]:
        """The outputs of the whole graph. Callers beyond the session's lanes wait for one.

        Raises:
            ContractError, BadModel: the session returned other names, types or shapes than it promised.
            BackendFailed: it raised what the contract does not name.
        """
        values: Values = feeds
        # An engine that writes into its feeds, against the contract, must not change the reference's.
        own = {name: feeds[name].copy() for name in self._both} if self._both else {}
        with self._free.take(1, self.lanes), self._share(feeds), WORK():
            if self.session is not None:
                try:
                    values = self.session.forward({**feeds})
                    self._promise.check(values, feeds)  # runs code of the plugin's mapping too
                except BaseException as cause:  # in place: a guard's frame is paid at every forward
                    said = told(cause, self.plan.info, "forward", self.plan.claim.device)
                    if said is cause:
                        raise
                    raise said from cause
            if self._tail is not None:
                values = self._tail.forward({**feeds, **own, **values})
        return values

    def _share(self, feeds: Values) -> AbstractContextManager[None]:
        """The CPUs of a forward, which is waited for; nothing where another device computes.

        All of them where memory is too short for a second forward of this size beside it.
        """
        if not self._cpus:
            return nullcontext()
        if self._is_padded and self.budget.runs_alone(*feeds[self._measure].shape[:2]):
            return CPUS.take(self._all_cpus, self._all_cpus)
        return CPUS.take(self._cpus, self._all_cpus)

    def close(self) -> None:
        """Frees both halves; for who knows that no forward runs or will."""
        _close(self.plan.info, self.session, self._tail)
