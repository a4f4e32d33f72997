"""The way of the data, on one screen.

resolve   name -> folder             network only here
read      folder -> Model            nothing is loaded
plan      Model + backend -> Plan    who runs what, and why
prepare   texts -> token ids         tokenised once
schedule  ids -> batches             sorted by token count, cut by a token budget
forward   batch -> values            the session, then the reference tail; several lanes at once
finish    values -> results          order restored
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from threading import Lock, RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Claim, Device, Model, Module, Options, Values
from isomorph.cpu import effective_cpus
from isomorph.errors import InputError, Unsupported
from isomorph.plan import Plan, Runner, make_plan
from isomorph.prepare.encoder import Encoder, encoder_for
from isomorph.prepare.expansion import ExpandingEncoder, Expansion
from isomorph.prepare.pairs import PairEncoder
from isomorph.prepare.tokenize import Encoded, TextEncoder
from isomorph.read.sentence_transformers import chain
from isomorph.schedule.batches import Batch, feeds, plan_batches, plan_ragged
from isomorph.schedule.lanes import run_lanes
from isomorph.selection import pick_device


@dataclass(frozen=True, slots=True)
class Job:
    """One call: how its texts are cut, batched and shown.

    With `pairs` the inputs are pairs of texts. `task` is what the texts are to the model, ``"query"`` or
    ``"document"`` or a name of the model's own; None where the caller does not say. `expansion` fills
    queries up. `keep` makes of each input's array, a view of its batch's, and of its token ids what the
    call returns of it, as soon as the batch is done.
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
    keep: Callable[[NDArray[Any], NDArray[np.int64]], Any] | None = None


class Pipeline:
    """A planned model, loaded on first use, safe to call from many threads."""

    def __init__(self, plan: Plan, options: Options) -> None:
        self.plan = plan
        self._options = options
        self._runners: dict[tuple[str, Device], Runner] = {}
        self._lock = Lock()
        self._encoder_lock = RLock()
        self._encoder: Encoder | None = None

    @property
    def model(self) -> Model:
        """What was read."""
        return self.plan.model

    @property
    def encoder(self) -> Encoder:
        """The tokenizer, loaded on first use; once, however many threads ask for it first."""
        with self._encoder_lock:
            if self._encoder is None:
                self._encoder = encoder_for(self.model.text)
            return self._encoder

    @cached_property
    def pair_encoder(self) -> PairEncoder:
        """The same tokenizer for pairs."""
        return PairEncoder(self._text_encoder())

    @property
    def is_open(self) -> bool:
        """Whether something is loaded."""
        return bool(self._runners)

    def run(self, inputs: Sequence[Any], job: Job) -> tuple[list[Any], Encoded]:
        """One array an input, in the order of the inputs: a row of the output, or its real positions.

        Where the job says what to keep of an array, that in its place.
        """
        encoded = self._encoder_for(job).encode(inputs, job.max_length, job.prompt)
        runner = self.runner(job.output, job.device)
        cut = plan_ragged if "offsets" in runner.plan.model.graph.inputs else plan_batches
        batches = cut(encoded.lengths, job.max_rows)
        forward = partial(self._forward, runner, encoded)
        results: list[Any] = [np.empty(0, np.float32)] * len(inputs)
        with progress_bar(len(inputs), job.progress) as advance:
            for batch, values in run_lanes(forward, batches, runner.effective.lanes):
                for index, row in rows_of(batch, values, job.output, encoded, self.model):
                    results[index] = job.keep(row, encoded.ids[index]) if job.keep else row
                advance(len(batch.rows))
        return results, encoded

    def check_lengths(self, inputs: Sequence[Any], job: Job) -> None:
        """Refuses inputs that would be cut.

        Raises:
            InputError: says which they are, and how long the longest is.
        """
        encoded = self._encoder_for(job).encode(inputs, job.max_length, job.prompt)
        cut = encoded.truncated
        if len(cut):
            longest = int(encoded.full_lengths.max())
            raise InputError(
                f"{len(cut)} of {len(inputs)} inputs are longer than {job.max_length} tokens, the first of "
                f"them input {cut[0]}; the longest has {longest}. Split them, or let them be cut with "
                "on_long='truncate'."
            )

    def runner(self, output: str, device: Device | None = None) -> Runner:
        """The loaded plan for one output on one device; loaded once, then kept."""
        wanted = device or self.plan.claim.device
        with self._lock:
            found = self._runners.get((output, wanted))
            if found is None:
                plan = self._plan_for(output, wanted)
                found = plan.open(_budgeted(self._options, plan.claim))
                self._runners[output, wanted] = found
            return found

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

    def with_modules(self, modules: tuple[Module, ...]) -> Pipeline:
        """The same files read as another chain, planned anew and not loaded yet."""
        plan = self.plan
        model = replace(self.model, graph=chain(modules))
        return Pipeline(make_plan(model, plan.info, plan.backend, plan.claim), self._options)

    def close(self) -> None:
        """Frees everything that was loaded; the next call loads again."""
        with self._lock:
            for runner in self._runners.values():
                runner.close()
            self._runners.clear()

    def _text_encoder(self) -> TextEncoder:
        """The one that joins pairs and fills up queries.

        Raises:
            Unsupported: the model splits texts into whole words, which it has no special tokens for.
        """
        encoder = self.encoder
        if not isinstance(encoder, TextEncoder):
            raise Unsupported("This model reads single texts word by word; it takes no pairs.")
        return encoder

    def _encoder_for(self, job: Job) -> Encoder | PairEncoder | ExpandingEncoder:
        if job.expansion is not None:
            return ExpandingEncoder(self._text_encoder(), job.expansion)
        return self.pair_encoder if job.pairs else self.encoder

    def _plan_for(self, output: str, device: Device) -> Plan:
        plan = self.plan
        if device != plan.claim.device:
            pick_device(plan.info, plan.backend, device)  # refuses one that is not there
            plan = make_plan(self.model, plan.info, plan.backend, Claim(device, 0))
        return plan if self.model.graph.outputs == (output,) else plan.until(output)

    def _forward(self, runner: Runner, encoded: Encoded, batch: Batch) -> Values:
        graph = runner.plan.model.graph
        return runner.forward(feeds(batch, encoded, self.model.text, graph.inputs))


@contextmanager
def progress_bar(total: int, shown: bool) -> Iterator[Callable[[int], object]]:
    """Something to call with the number of texts that are done: a bar, or nothing at no cost."""
    if not shown:
        yield lambda count: None
        return
    from tqdm.auto import tqdm

    with tqdm(total=total, desc="Texts") as bar:
        yield bar.update


def _budgeted(options: Options, claim: Claim) -> Options:
    """The user's options with the threads and lanes that the CPU budget allows."""
    cpus = effective_cpus()
    return replace(options, threads=cpus, lanes=max(1, min(claim.lanes, cpus)))


def rows_of(
    batch: Batch, values: Values, output: str, encoded: Encoded, model: Model
) -> Iterator[tuple[int, NDArray[Any]]]:
    """Each text's part of a batch's result; positions that are padding are cut off."""
    array = values[output]
    for row, index in enumerate(batch.rows):
        if array.ndim < 3:
            yield index, array[row]
            continue
        length = int(encoded.lengths[index])
        left = model.text.padding_side == "left"
        yield index, array[row, batch.width - length :] if left else array[row, :length]
