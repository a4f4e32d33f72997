"""The way of the data, on one screen.

resolve   name -> folder             network only here
read      folder -> Model            nothing is loaded
plan      Model + backend -> Plan    who runs what, and why
prepare   inputs -> numbers          equal ones once; window by window, ahead of the forwards
schedule  lengths -> batches         sorted by length, cut by a budget of padded positions
forward   batch -> values            the session, then the reference tail; several lanes at once
finish    values -> results          order restored
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from isomorph.contract import Asked, Device, Model, Module, Options
from isomorph.errors import InputError
from isomorph.machine.forks import WORK
from isomorph.machine.lazy import lazy
from isomorph.messages.shown import shown
from isomorph.plugins.door import asking
from isomorph.preprocess.protocol import Inputs, Prepared, Preparer
from isomorph.program.width import embedding_dimension
from isomorph.progress.progress import progress, watched
from isomorph.runtime.job import Job
from isomorph.runtime.known_ids import KnownIds
from isomorph.runtime.lenient import Refused, nothing, prepared_anyway, spread
from isomorph.runtime.plan import Plan, Runner
from isomorph.runtime.preparing import Preparing
from isomorph.runtime.replicas import Replicas
from isomorph.runtime.report import CallReport
from isomorph.runtime.rows import Rows, forward
from isomorph.runtime.runners import Runners, has_two_kinds
from isomorph.runtime.selection import pick_device
from isomorph.schedule.batches import BUDGET, MAX_ROWS, RAGGED_BUDGET, Batch
from isomorph.schedule.distinct import Distinct
from isomorph.schedule.even import sharing_is_faster
from isomorph.schedule.fixed import plan_alone, plan_fixed
from isomorph.schedule.lanes import run_lanes
from isomorph.schedule.windows import Window, places
from isomorph.schedule.windows import windows as windows_of
from isomorph.schedule.work import Work

KEPT = 8
"""Ways to read inputs that calls asked for and that are kept."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """How much keeps all lanes of an engine busy once."""

    tokens: int
    """Padded tokens of one forward a lane."""
    inputs: int
    """Inputs of one forward a lane at most."""


class Pipeline:
    """A planned model, loaded on first use, safe to call from many threads."""

    def __init__(self, plan: Plan, options: Options) -> None:
        """Loads nothing.

        Raises:
            InputError: the backend would pass over the ``config_kwargs``.
        """
        if options.config_kwargs and not plan.info.configures:
            raise InputError(
                f"config_kwargs {shown(dict(options.config_kwargs))} would be passed over: backend "
                f"{plan.info.name!r} computes what the folder's config.json says. Change that file in a copy "
                "of the folder, or name a backend that makes a configuration of its own."
            )
        self.is_configured = bool(options.config_kwargs)
        self.plan = plan
        self.inputs = plan.model.inputs
        self._options = options
        self._runners = Runners(self._plan_for, options)
        self._preparing = Preparing(self.inputs)
        self._preparer: Preparer | None = None
        self._asked: dict[str, Pipeline | None] | None = {}
        WORK.inherit(self)

    @property
    def model(self) -> Model:
        """What was read."""
        return self.plan.model

    @property
    def preparer(self) -> Preparer:
        """What turns inputs into numbers, loaded on first use; once, however many threads ask first."""
        self._preparer = found = self._preparing.preparer
        return found

    def asked(self, processing: str) -> Pipeline:
        """The same forwards for inputs that are read as a call says; itself where that changes nothing.

        Args:
            processing: ``processing_kwargs`` as JSON, which count in place of those of the first module.

        Raises:
            InputError: they are not followed, or would change what the model is fed.
        """
        known = self._asked
        if known is None:
            return self  # was asked for: a job says it once more
        with self._preparing.lock:
            if processing in known:
                found = known.pop(processing)
            else:
                from isomorph.runtime.by_call import asked_inputs  # few calls say anything

                with WORK():
                    inputs = asked_inputs(self.model, processing)
                found = None if inputs is None else self._reading(inputs)
            known[processing] = found  # behind the others: the first one goes first
            if len(known) > KEPT:
                del known[next(iter(known))]
        return self if found is None else found

    def _reading(self, inputs: Inputs) -> Pipeline:
        """The same sessions behind other inputs."""
        made = copy(self)
        made.inputs, made._asked, made._preparer = inputs, None, None
        made._preparing = Preparing(inputs, self._preparing)
        return made

    @lazy
    def stated_dimension(self) -> int | None:
        """Features of each vector, None where only a forward can tell. Loads nothing."""
        return embedding_dimension(self.model)

    @lazy
    def dimension(self) -> int:
        """Features of each vector; where no module says, as a forward shows."""
        stated = self.stated_dimension
        if stated is not None:
            return stated
        (row,), _ = self.run([self.inputs.sample(1)], Job(output=self.model.graph.outputs[0]))
        return int(row.shape[-1])

    @property
    def main(self) -> Pipeline:
        """Itself; of several by modality it is that of the default chain."""
        return self

    @property
    def throughput(self) -> Throughput:
        """How much keeps all lanes busy once; loads nothing."""
        batches, ragged = self.plan.claim.batches, self.model.graph.ragged
        most = batches.rows[-1] if batches.rows else batches.most_rows
        wanted = self._runners.budget or batches.tokens
        tokens = wanted or (RAGGED_BUDGET if ragged else self.plan.setting.tokens or BUDGET)
        if most is None:
            most = tokens if wanted or ragged else MAX_ROWS
        return Throughput(self._lanes * tokens, self._lanes * most)

    @lazy
    def _lanes(self) -> int:
        _, lanes = self.plan.setting.shared(self._runners.cpus, self.plan.claim.lanes)
        return lanes

    @property
    def is_open(self) -> bool:
        """Whether something is loaded."""
        return len(self._runners) > 0

    @property
    def sessions(self) -> int:
        """How many are loaded; each holds the weights as its engine wants them."""
        return len(self._runners)

    @lazy
    def _known_ids(self) -> KnownIds:
        """What ids may be; of a file that stands for the model its backend knows."""
        if self.plan.claim.artifact is not None:
            return KnownIds({})
        return KnownIds.of(self.model)

    def run(self, inputs: Sequence[Any], job: Job) -> tuple[list[Any], CallReport]:
        """One array an input, in the order of the inputs: a row of the output, or its real positions.

        Where the job says what to keep of an array, that in its place. Beside it what happened to the
        inputs.

        Raises:
            InputError: an input cannot be encoded, or is too long for the job; no forward has run then.
        """
        if job.processing is not None:
            return self.asked(job.processing).run(inputs, replace(job, processing=None))
        self.inputs.check(inputs, job.first)
        self.plan.model.files.check_weights()  # whoever maps a file that was cut off dies of reading it
        known = self._known_ids
        distinct = Distinct.of(inputs, self.inputs.keys)
        bad: Refused = {}
        single = len(distinct.items) == 1
        few = None if single else self._few(distinct, job, bad)
        shared = self._is_shared(few, job) if few else single
        # Loading needs most memory, so that what prepares many inputs comes after it.
        runner = self.runner_for(job, shared)
        if runner.sizes.widest is not None:
            job = self.bounded(job, runner.plan)
        if len(inputs) == 1 and not watched(job.progress):
            return self._run_one(inputs, job, runner)
        windows = few or self._windows(distinct, job, job.refuse_long, bad)
        if job.refuse_long:
            windows = list(windows)
            self._refuse_truncated(windows, distinct, job)
        results: list[Any] = [np.empty(0, np.float32)] * len(distinct.items)
        cut: list[int] = []
        strange: list[int] = []
        counts = distinct.counts()
        replicas = Replicas(
            [self._runner_on(each, job, shared) for each in job.devices] or [runner]
        )
        run = partial(_forward, replicas, job)
        work = Work(padded=runner.padded)
        check = partial(self._check_ids, known, job, distinct)
        batches = _batches(windows, _planner(runner, job), cut, check)
        cost = partial(self.inputs.cost, max_length=job.max_length)
        with progress(distinct.items, job.progress, counts, cost) as advance:
            for (window, batch), rows in run_lanes(run, batches, replicas.lanes):
                prepared = window.prepared
                work.add(batch, prepared.lengths)
                for index, row in rows.parts:
                    part = nothing(row) if window.start + index in bad else row
                    kept = job.keep(part, prepared.ids[index]) if job.keep else part
                    results[window.start + index] = kept
                strange.extend(window.start + index for index in rows.not_finite)
                advance(window.start, batch.rows)
        call = CallReport(
            len(inputs),
            distinct.inputs_of(cut),
            job.max_length,
            work.tokens,
            work.padding,
            distinct.inputs_of(strange),
            spread(bad, distinct),
        )
        return distinct.spread(results), call

    def _few(self, distinct: Distinct, job: Job, bad: Refused) -> list[Window] | None:
        """The inputs prepared, where their lengths decide which session runs them; else None.

        Inputs of several windows are too many for that, or too large to be in memory together.
        """
        items, lanes = distinct.items, self._lanes
        if len(items) > MAX_ROWS * lanes or not has_two_kinds(self.plan, lanes):
            return None
        if job.deterministic or job.devices or self.plan.claim.batches.longest is not None:
            return None
        one_window = len(places(items, self.inputs)) == 1
        return list(self._windows(distinct, job, True, bad)) if one_window else None

    def _is_shared(self, few: Sequence[Window], job: Job) -> bool:
        """Whether all threads share each forward of these inputs."""
        lengths = np.concatenate([window.prepared.lengths for window in few])
        return sharing_is_faster(lengths, self._lanes, self._runners.cpus, job.max_rows)

    def _run_one(
        self, inputs: Sequence[Any], job: Job, runner: Runner
    ) -> tuple[list[Any], CallReport]:
        """As `run`, of a single input: there is nothing to sort, to spread or to show."""
        preparer = self._preparer or self.preparer
        bad: Refused = {}
        if job.lenient:
            prepared = prepared_anyway(preparer, self.inputs, inputs, job, 0, bad)
        else:
            prepared = preparer.prepare(inputs, job, job.first)
        if job.refuse_long and prepared.truncated.size:
            raise self._too_long((0,), int(prepared.full_lengths[0]), 1, job)
        self._known_ids.check(prepared, preparer.beyond, job.place)
        (batch,) = _planner(runner, job)(prepared)
        rows = forward(runner, batch, prepared, job.output, job.deterministic)
        work = Work(padded=runner.padded)
        work.add(batch, prepared.lengths)
        ((_, row),) = rows.parts
        cut = tuple(prepared.truncated.tolist())
        part = nothing(row) if bad else row
        kept = job.keep(part, prepared.ids[0]) if job.keep else part
        return [kept], CallReport(
            1,
            cut,
            job.max_length,
            work.tokens,
            work.padding,
            rows.not_finite,
            tuple(bad.items()),
        )

    def _windows(self, distinct: Distinct, job: Job, whole: bool, bad: Refused) -> Iterable[Window]:
        """The inputs prepared, window by window; with `whole` all at once.

        Into `bad` go those that cannot be prepared, where the job is lenient.
        """
        preparer = self.preparer

        def prepare(items: Sequence[Any], start: int) -> Prepared:
            if job.lenient:
                return prepared_anyway(preparer, self.inputs, items, job, start, bad)
            return preparer.prepare(items, job, job.first + start)

        items = distinct.items
        return windows_of(items, places(items, self.inputs), prepare, whole)

    def _check_ids(self, known: KnownIds, job: Job, distinct: Distinct, window: Window) -> None:
        """Refuses numbers that index no row of a table."""

        def input_of(item: int) -> int:
            return job.place(distinct.inputs_of([window.start + item])[0])

        known.check(window.prepared, self.preparer.beyond, input_of)

    def _refuse_truncated(self, windows: Iterable[Window], distinct: Distinct, job: Job) -> None:
        """Refuses inputs that were truncated.

        Raises:
            InputError: says which they are, and how long the longest is.
        """
        items: list[int] = []
        longest = 0
        for window in windows:
            items.extend(window.cut)
            longest = max(longest, int(window.prepared.full_lengths.max()))
        if items:
            raise self._too_long(distinct.inputs_of(items), longest, sum(distinct.counts()), job)

    def _too_long(self, cut: Sequence[int], longest: int, count: int, job: Job) -> InputError:
        return InputError(
            f"{len(cut)} of {count} inputs are longer than {job.max_length} {self.inputs.unit}, the first of "
            f"them input {job.place(cut[0])}; the longest has {longest}. Split them, or let them be "
            "truncated with on_long='truncate'."
        )

    def check(self, inputs: Sequence[Any], job: Job) -> None:
        """Refuses what `run` would refuse, in memory that does not grow with the inputs.

        Raises:
            InputError: as `run`.
        """
        if job.processing is not None:
            self.asked(job.processing).check(inputs, replace(job, processing=None))
            return
        self.inputs.check(inputs, job.first)
        if job.refuse_long:
            job = self.bounded(job, self._plan_for(job.output, job.device or self._first(job)))
            every = Distinct(inputs)
            self._refuse_truncated(self._windows(every, job, False, {}), every, job)

    def runner(self, output: str, device: Device | None = None) -> Runner:
        """The loaded plan for one output on one device; loads it where nothing is loaded."""
        return self._runners.any(output, device or self.plan.claim.device)

    def preload(self) -> None:
        """Loads what calls of few and of many inputs need for the output of the chain."""
        self._runners.preload(self.model.graph.outputs[0], self.plan.claim.device)
        _ = self.preparer

    @property
    def native(self) -> Mapping[str, object]:
        """The engine's own objects by the names that the backend gives them; loads the model."""
        session = self.runner(self.model.graph.outputs[0]).session
        if session is None:
            return {}
        with asking(self.plan.info, "native", self.plan.claim.device):
            return session.native

    def on(self, device: Device) -> Pipeline:
        """The same model on another device, not loaded yet.

        Raises:
            DeviceUnavailable: the backend does not have it.
        """
        return Pipeline(self._plan_for(self.model.graph.outputs[0], device), self._options)

    @property
    def precision(self) -> str | None:
        """The arithmetic that was asked for, None where the backend may choose."""
        return self._options.arithmetic

    def in_precision(self, precision: str | None) -> Pipeline:
        """The same model in another arithmetic, not loaded yet."""
        options = replace(self._options, arithmetic=precision)
        plan = self.plan.of(self.model, asked=asked_by(options))
        return Pipeline(replace(plan, passed_over=self.plan.passed_over), options)

    def with_modules(self, modules: tuple[Module, ...]) -> Pipeline:
        """The same files read as another chain, planned anew and not loaded yet."""
        plan = self.plan
        from isomorph.read.sentence_transformers import chain

        model = self.model.with_graph(chain(modules, self.inputs))
        return Pipeline(plan.of(model), self._options)

    def part(self, model: Model) -> Runner:
        """What runs a part of this chain as this chain would, loaded anew; whoever asks keeps it."""
        return self._runners.apart(self.plan.of(model))

    def close(self) -> None:
        """Frees everything that was loaded, once calls under way have ended; the next one loads again."""
        self._runners.close()

    def after_fork(self) -> None:
        """In a child: no session that needs its parent's threads."""
        self._runners.after_fork()

    def bounded(self, job: Job, plan: Plan) -> Job:
        """The job with texts cut where the widest forward of the engine ends."""
        longest = plan.claim.batches.longest
        if longest is None or not self.inputs.prompted:
            return job
        return replace(job, max_length=min(filter(None, (longest, job.max_length))))

    def runner_for(self, job: Job, shared: bool) -> Runner:
        """The one whose forwards all threads share, or that of a lane a thread.

        A deterministic call always takes the same, so that sums are too.
        """
        return self._runner_on(job.device or self._first(job), job, shared)

    def _first(self, job: Job) -> Device:
        """The device of a call of one input."""
        return job.devices[0] if job.devices else self.plan.claim.device

    def _runner_on(self, device: Device, job: Job, shared: bool) -> Runner:
        return self._runners.get(job.output, device, shared and not job.deterministic)

    def _plan_for(self, output: str, device: Device) -> Plan:
        plan = self.plan
        if device != plan.claim.device:
            pick_device(plan.info, plan.backend, device)  # refuses one that is not there
            plan = plan.of(self.model, device)
        return plan if self.model.graph.outputs == (output,) else plan.until(output)


def asked_by(options: Options) -> Asked:
    """What options ask of a backend's claim."""
    return Asked(options.arithmetic, options.model_kwargs)


def _forward(replicas: Replicas, job: Job, work: tuple[Window, Batch]) -> Rows:
    window, batch = work
    return replicas.run(
        lambda runner: forward(runner, batch, window.prepared, job.output, job.deterministic)
    )


def _planner(runner: Runner, job: Job) -> Callable[[Prepared], list[Batch]]:
    """How inputs become batches: padded or ragged, as the graph reads them, of free or fixed shapes."""
    if not job.deterministic:
        by_length = runner.ends if runner.ragged else runner.batches
        return lambda prepared: by_length(prepared.lengths, max_rows=job.max_rows)
    plan = runner.plan
    native = plan.claim.depth == len(plan.model.graph)
    steady = plan.claim.batch_invariant and not runner.effective.unpadded
    if runner.ragged or not native or not steady or _counts_images(plan.model):
        lattice = None if runner.ragged else runner.sizes.lattice
        return lambda prepared: plan_alone(prepared.lengths, lattice)
    longest = plan.model.inputs.longest
    fixed = partial(plan_fixed, longest=longest, lattice=runner.sizes.lattice)
    return lambda prepared: fixed(prepared.lengths, prepared.attended)


def _counts_images(model: Model) -> bool:
    """Whether what is fed has sizes that depend on all inputs of a forward: how many images there are."""
    return any("images" in feed.axes for feed in model.graph.feeds.values())


def _batches(
    windows: Iterable[Window],
    plan: Callable[[Prepared], list[Batch]],
    cut: list[int],
    check: Callable[[Window], None],
) -> Iterator[tuple[Window, Batch]]:
    """Forwards of all windows in turn, each checked; puts the indices of inputs that were cut into `cut`."""
    for window in windows:
        check(window)
        cut.extend(window.cut)
        for batch in plan(window.prepared):
            yield window, batch
