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

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Claim, Device, Model, Options, Values
from isomorph.cpu import effective_cpus
from isomorph.plan import Plan, Runner, make_plan
from isomorph.prepare.encoder import Encoder, encoder_for
from isomorph.prepare.tokenize import Encoded
from isomorph.schedule.batches import Batch, feeds, plan_batches, plan_ragged
from isomorph.schedule.lanes import run_lanes
from isomorph.selection import pick_device


@dataclass(frozen=True, slots=True)
class Job:
    """One call: how its texts are cut, batched and shown."""

    output: str = "sentence_embedding"
    prompt: str = ""
    max_length: int | None = None
    max_rows: int | None = None
    device: Device | None = None
    progress: bool = False


class Pipeline:
    """A planned model, loaded on first use, safe to call from many threads."""

    def __init__(self, plan: Plan, options: Options) -> None:
        self.plan = plan
        self._options = options
        self._runners: dict[tuple[str, Device], Runner] = {}
        self._lock = Lock()

    @property
    def model(self) -> Model:
        """What was read."""
        return self.plan.model

    @cached_property
    def encoder(self) -> Encoder:
        """The tokenizer, loaded on first use."""
        return encoder_for(self.model.text)

    def run(self, texts: Sequence[str], job: Job) -> tuple[list[NDArray[Any]], Encoded]:
        """One array a text, in the order of the texts: a row of the output, or its real positions."""
        encoded = self.encoder.encode(texts, job.max_length, job.prompt)
        runner = self.runner(job.output, job.device)
        cut = plan_ragged if "offsets" in runner.plan.model.graph.inputs else plan_batches
        batches = cut(encoded.lengths, job.max_rows)
        forward = partial(self._forward, runner, encoded)
        results: list[NDArray[Any]] = [np.empty(0, np.float32)] * len(texts)
        with _progress(len(texts), job.progress) as advance:
            for batch, values in run_lanes(forward, batches, runner.effective.lanes):
                for index, row in rows_of(batch, values, job.output, encoded, self.model):
                    results[index] = row
                advance(len(batch.rows))
        return results, encoded

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

    def close(self) -> None:
        """Frees everything that was loaded; the next call loads again."""
        with self._lock:
            for runner in self._runners.values():
                runner.close()
            self._runners.clear()

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
def _progress(total: int, shown: bool) -> Iterator[Callable[[int], object]]:
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
