"""The way of the data, on one screen.

resolve   name -> folder             network only here
read      folder -> Model            nothing is loaded
plan      Model + backend -> Plan    who runs what, and why
prepare   texts -> token ids         equal ones once; window by window, ahead of the forwards
schedule  ids -> batches             sorted by token count, cut by a token budget
forward   batch -> values            the session, then the reference tail; several lanes at once
finish    values -> results          order restored
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Claim, Device, Model, Module, Options
from isomorph.errors import InputError, Unsupported
from isomorph.machine.forks import WORK
from isomorph.machine.lazy import lazy
from isomorph.preprocess.encoder import Encoder, encoder_for
from isomorph.preprocess.expansion import ExpandingEncoder, Expansion
from isomorph.preprocess.inputs import refuse_lone_surrogates
from isomorph.preprocess.messages.encoder import MessageEncoder, renderer_for
from isomorph.preprocess.pairs import PairEncoder
from isomorph.preprocess.tokenize import Encoded, TextEncoder
from isomorph.program.width import embedding_dimension
from isomorph.progress.progress import progress, watched
from isomorph.read.sentence_transformers import chain
from isomorph.runtime.known_ids import KnownIds
from isomorph.runtime.plan import Plan, Runner, make_plan
from isomorph.runtime.report import CallReport
from isomorph.runtime.rows import Rows, forward
from isomorph.runtime.runners import Runners
from isomorph.runtime.selection import pick_device
from isomorph.schedule.batches import Batch, plan_ragged
from isomorph.schedule.distinct import Distinct
from isomorph.schedule.fixed import plan_alone, plan_fixed
from isomorph.schedule.lanes import run_lanes
from isomorph.schedule.windows import Window
from isomorph.schedule.windows import windows as windows_of
from isomorph.schedule.work import Work


@dataclass(frozen=True, slots=True)
class Job:
    """One call: how its texts are cut, batched and shown.

    With `pairs` the inputs are pairs of texts. `task` is what the texts are to the model, ``"query"`` or
    ``"document"`` or a name of the model's own; None where the caller does not say. `expansion` fills
    queries up. With `refuse_long` nothing runs where an input is longer than `max_length`. With
    `deterministic` the shape of an input's forward depends on the input alone, and `max_rows` on nothing.
    `first` is the index of the first input where these are a part of a call.
    `keep` makes of each input's array, a view of its batch's, and of its token ids what the call returns
    of it, as soon as the batch is done.
    """

    output: str = "sentence_embedding"
    prompt: str = ""
    max_length: int | None = None
    max_rows: int | None = None
    device: Device | None = None
    progress: bool = False
    pairs: bool = False
    task: str | None = None
    expansion: Expansion | None = None
    refuse_long: bool = False
    deterministic: bool = False
    keep: Callable[[NDArray[Any], NDArray[np.int64]], Any] | None = None
    first: int = 0


class Pipeline:
    """A planned model, loaded on first use, safe to call from many threads."""

    def __init__(self, plan: Plan, options: Options) -> None:
        self.plan = plan
        self._options = options
        self._runners = Runners(self._plan_for, options)
        self._encoder_lock = RLock()
        self._encoder: Encoder | None = None
        WORK.inherit(self)

    @property
    def model(self) -> Model:
        """What was read."""
        return self.plan.model

    @property
    def encoder(self) -> Encoder:
        """The tokenizer, loaded on first use; once, however many threads ask for it first."""
        with self._encoder_lock:
            if self._encoder is None:
                with WORK():
                    self._encoder = encoder_for(self.model.text)
            return self._encoder

    @lazy
    def pair_encoder(self) -> PairEncoder:
        """The same tokenizer for pairs."""
        return PairEncoder(self._text_encoder())

    @lazy
    def _message_encoder(self) -> MessageEncoder:
        """The same tokenizer behind a renderer, of a model that takes messages."""
        return MessageEncoder(self._text_encoder(), renderer_for(self.model.text))

    def encoder_of(self, pairs: bool, task: str | None = None) -> Encoder | PairEncoder:
        """What makes token ids of texts or of pairs, which a model of messages renders alike."""
        if self.model.text.chat is not None:
            return self._message_encoder.of(task)
        return self.pair_encoder if pairs else self.encoder

    @lazy
    def stated_dimension(self) -> int | None:
        """Features of each vector, None where only a forward can tell. Loads nothing."""
        return embedding_dimension(self.model)

    @lazy
    def dimension(self) -> int:
        """Features of each vector; where no module says, as a forward of one text shows."""
        stated = self.stated_dimension
        if stated is not None:
            return stated
        (row,), _ = self.run(["a"], Job(output=self.model.graph.outputs[0]))
        return int(row.shape[-1])

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
        refuse_lone_surrogates(inputs)
        self.plan.model.files.check_weights()  # whoever maps a file that was cut off dies of reading it
        known = self._known_ids
        distinct = Distinct.of(inputs)
        # Loading needs most memory, so that the tokenizer comes after it.
        runner = self._runner_for(job, len(distinct.items))
        if len(inputs) == 1 and not job.refuse_long and not watched(job.progress):
            return self._run_one(inputs, job, runner)
        windows: Iterable[Window] = windows_of(distinct.items, self._encode(job), job.refuse_long)
        if job.refuse_long:
            windows = list(windows)
            _refuse_cuts(windows, distinct, job.max_length)
        results: list[Any] = [np.empty(0, np.float32)] * len(distinct.items)
        cut: list[int] = []
        strange: list[int] = []
        counts = distinct.counts()
        run = partial(_forward, runner, job.output)
        work = Work(padded=runner.padded)
        check = partial(self._check_ids, known, job, distinct)
        batches = _batches(windows, _planner(runner, job), cut, check)
        with progress(distinct.items, job.progress, counts, job.max_length) as advance:
            for (window, batch), rows in run_lanes(run, batches, runner.lanes):
                encoded = window.encoded
                work.add(batch, encoded.lengths)
                for index, row in rows.parts:
                    kept = job.keep(row, encoded.ids[index]) if job.keep else row
                    results[window.start + index] = kept
                strange.extend(window.start + index for index in rows.not_finite)
                advance(window.start, batch.rows)
        truncated, not_finite = distinct.inputs_of(cut), distinct.inputs_of(strange)
        call = CallReport(
            len(inputs), truncated, job.max_length, work.tokens, work.padding, not_finite
        )
        return distinct.spread(results), call

    def _run_one(
        self, inputs: Sequence[Any], job: Job, runner: Runner
    ) -> tuple[list[Any], CallReport]:
        """As `run`, of a single input: there is nothing to sort, to spread or to show."""
        encoded = self._encode(job)(inputs)
        self._known_ids.check(encoded, self._tokenizer, lambda item: job.first + item)
        (batch,) = _planner(runner, job)(encoded)
        rows = forward(runner, batch, encoded, job.output)
        work = Work(padded=runner.padded)
        work.add(batch, encoded.lengths)
        ((_, row),) = rows.parts
        cut = tuple(encoded.truncated.tolist())
        kept = job.keep(row, encoded.ids[0]) if job.keep else row
        return [kept], CallReport(
            1, cut, job.max_length, work.tokens, work.padding, rows.not_finite
        )

    def _tokenizer(self) -> Any:
        return self.encoder.tokenizer

    def _check_ids(self, known: KnownIds, job: Job, distinct: Distinct, window: Window) -> None:
        """Refuses ids that the model has no vectors for."""

        def input_of(item: int) -> int:
            return job.first + distinct.inputs_of([window.start + item])[0]

        known.check(window.encoded, self._tokenizer, input_of)

    def check(self, inputs: Sequence[Any], job: Job) -> None:
        """Refuses what `run` would refuse, in memory that does not grow with the inputs.

        Raises:
            InputError: as `run`.
        """
        refuse_lone_surrogates(inputs)
        if job.refuse_long:
            windows = windows_of(inputs, self._encode(job))
            _refuse_cuts(windows, Distinct(inputs), job.max_length)

    def runner(self, output: str, device: Device | None = None) -> Runner:
        """The loaded plan for one output on one device; loads it where nothing is loaded."""
        return self._runners.any(output, device or self.plan.claim.device)

    @property
    def native(self) -> Mapping[str, object]:
        """The engine's own objects by the names that the backend gives them; loads the model."""
        session = self.runner(self.model.graph.outputs[0]).session
        return session.native if session is not None else {}

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
        return Pipeline(self.plan, replace(self._options, arithmetic=precision))

    def with_modules(self, modules: tuple[Module, ...]) -> Pipeline:
        """The same files read as another chain, planned anew and not loaded yet."""
        plan = self.plan
        model = replace(self.model, graph=chain(modules))
        return Pipeline(make_plan(model, plan.info, plan.backend, plan.claim), self._options)

    def close(self) -> None:
        """Frees everything that was loaded, once calls under way have ended; the next one loads again."""
        self._runners.close()

    def after_fork(self) -> None:
        """In a child: new locks, and no session that needs its parent's threads."""
        self._encoder_lock = RLock()
        self._runners.after_fork()

    def _runner_for(self, job: Job, inputs: int) -> Runner:
        """The one for so many inputs. A deterministic call always takes the same, so that sums are too."""
        device = job.device or self.plan.claim.device
        return self._runners.get(job.output, device, sys.maxsize if job.deterministic else inputs)

    def _text_encoder(self) -> TextEncoder:
        """The one that joins pairs and fills up queries.

        Raises:
            Unsupported: the model splits texts into whole words, which it has no special tokens for.
        """
        encoder = self.encoder
        if not isinstance(encoder, TextEncoder):
            raise Unsupported("This model reads single texts word by word; it takes no pairs.")
        return encoder

    def _encode(self, job: Job) -> Callable[[Sequence[Any]], Encoded]:
        """What makes token ids of the job's inputs."""
        encoder = self._encoder_for(job)
        return partial(
            encoder.encode, max_length=job.max_length, prompt=job.prompt, exact=job.refuse_long
        )

    def _encoder_for(self, job: Job) -> Encoder | PairEncoder | ExpandingEncoder:
        if job.expansion is not None:
            return ExpandingEncoder(self._text_encoder(), job.expansion)
        return self.encoder_of(job.pairs, job.task)

    def _plan_for(self, output: str, device: Device) -> Plan:
        plan = self.plan
        if device != plan.claim.device:
            pick_device(plan.info, plan.backend, device)  # refuses one that is not there
            plan = make_plan(self.model, plan.info, plan.backend, Claim(device, 0))
        return plan if self.model.graph.outputs == (output,) else plan.until(output)


def _forward(runner: Runner, output: str, work: tuple[Window, Batch]) -> Rows:
    window, batch = work
    return forward(runner, batch, window.encoded, output)


def _planner(runner: Runner, job: Job) -> Callable[[Encoded], list[Batch]]:
    """How texts become batches: padded or ragged, as the graph reads them, of free or fixed shapes."""
    plan = runner.plan
    ragged = plan.model.graph.ragged
    if not job.deterministic:
        by_length = plan_ragged if ragged else runner.batches
        return lambda encoded: by_length(encoded.lengths, max_rows=job.max_rows)
    native = plan.claim.depth == len(plan.model.graph)
    steady = plan.claim.batch_invariant and not runner.effective.unpadded
    if ragged or not native or not steady:
        return lambda encoded: plan_alone(encoded.lengths)
    longest = plan.model.text.longest
    return lambda encoded: plan_fixed(encoded.lengths, encoded.attended, longest)


def _batches(
    windows: Iterable[Window],
    plan: Callable[[Encoded], list[Batch]],
    cut: list[int],
    check: Callable[[Window], None],
) -> Iterator[tuple[Window, Batch]]:
    """Forwards of all windows in turn, each checked; puts the indices of inputs that were cut into `cut`."""
    for window in windows:
        check(window)
        cut.extend(window.cut)
        for batch in plan(window.encoded):
            yield window, batch


def _refuse_cuts(windows: Iterable[Window], distinct: Distinct, max_length: int | None) -> None:
    """Refuses inputs that were cut.

    Raises:
        InputError: says which they are, and how long the longest is.
    """
    items: list[int] = []
    longest = 0
    for window in windows:
        items.extend(window.cut)
        longest = max(longest, int(window.encoded.full_lengths.max()))
    if items:
        cut = distinct.inputs_of(items)
        raise InputError(
            f"{len(cut)} of {sum(distinct.counts())} inputs are longer than {max_length} tokens, the "
            f"first of them input {cut[0]}; the longest has {longest}. Split them, or let them be cut "
            "with on_long='truncate'."
        )
