"""Inputs of several modalities in one call: each takes its own chain, and the rows come back in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from isomorph.contract import Model
from isomorph.errors import InputError
from isomorph.messages.shown import shown
from isomorph.preprocess.inputs import TEXT_ARRAYS, as_list, is_single, is_single_pair
from isomorph.preprocess.messages.conversation import MESSAGE, PAIR, conversation, is_conversation
from isomorph.preprocess.messages.media import as_text
from isomorph.preprocess.modality import modality_of
from isomorph.preprocess.protocol import Inputs
from isomorph.runtime.job import Job
from isomorph.runtime.pipeline import Pipeline, Throughput
from isomorph.runtime.report import CallReport

AND = " and "
"""Between the modalities of a model that takes several."""


@dataclass(frozen=True, slots=True)
class Input:
    """An input in the form that its modality's chain prepares."""

    modality: str
    item: Any


@dataclass(frozen=True, slots=True)
class MixedInputs:
    """What the chains of a model say of their inputs, by modality; that of texts, if any, first."""

    of: Mapping[str, Inputs]

    @property
    def first(self) -> Inputs:
        """Of the default chain."""
        return next(iter(self.of.values()))

    @property
    def modality(self) -> str:
        """What errors call such inputs."""
        return AND.join(self.of)

    @property
    def takes(self) -> tuple[str, ...]:
        """What some chain takes."""
        return tuple(dict.fromkeys(each for inputs in self.of.values() for each in inputs.takes))

    @property
    def prompted(self) -> bool:
        """Whether a prompt may go in front of some of them; the others have none."""
        return any(inputs.prompted for inputs in self.of.values())

    @property
    def unit(self) -> str:
        """What lengths count: as of the default chain."""
        return self.first.unit

    @property
    def window(self) -> int:
        """As that of the chain with the smallest one, in its unit; see `cost`."""
        return min(inputs.window for inputs in self.of.values())

    def is_single(self, inputs: Any) -> bool:
        """Whether this is one input rather than a batch, of whatever modality; a pair lies in a list."""
        if is_single(inputs):
            return True
        found = modality_of(inputs, tuple(self.of))
        if found == MESSAGE:
            return not isinstance(inputs, list | tuple)
        return found not in (None, "text")

    def read(self, inputs: Any, pairs: bool = False) -> tuple[bool, Sequence[Input]]:
        """Whether `inputs` are a single one, and the batch of them, each for its chain.

        Raises:
            InputError: an input is of no modality that the model takes; says which and why.
        """
        if pairs and MESSAGE not in self.of:
            raise InputError(f"This model takes {self.modality} inputs, and no pairs of them.")
        single = is_single_pair(inputs) if pairs else self.is_single(inputs)
        batch = [inputs] if single else as_list(inputs)
        return single, [self.item(each, index) for index, each in enumerate(batch)]

    def check(self, items: Sequence[Input], first: int = 0) -> None:
        """Looks through the inputs of a whole call before anything is computed.

        Raises:
            InputError: an input cannot be prepared; says which and why.
        """
        for index, each in enumerate(items, first):
            self.of[each.modality].check([each.item], index)

    def sample(self, length: int, seed: int = 0) -> Input:
        """One for the default chain."""
        return Input(next(iter(self.of)), self.first.sample(length, seed))

    def cost(self, item: Input, max_length: int | None = None) -> int:
        """What an input costs its chain, as a part of what this chain prepares together."""
        inputs = self.of[item.modality]
        return inputs.cost(item.item, max_length) * self.window // inputs.window

    def item(self, value: Any, index: int) -> Input:
        """An input for its chain; `index` is its place in the call.

        Raises:
            InputError: it is of no modality that the model takes; says which and why.
        """
        if isinstance(value, np.ndarray) and value.dtype.kind in TEXT_ARRAYS:
            value = value.tolist()  # a row of an array of pairs
        if value is not (text := as_text(value)) and "text" in self.of:
            return Input("text", self.of["text"].read(text)[1][0])  # whatever else it looks like
        modality = modality_of(value, tuple(self.of))
        said = _said(value, index) if MESSAGE in self.of and modality is None else None
        if said is not None:
            return Input("text", said)
        if modality is None and MESSAGE in self.of and _is_pair(value):
            modality = MESSAGE  # which says what is wrong with either part
        if modality not in self.of:
            raise InputError(
                f"Input {index} is {_named(value)}, and this model takes {self.modality} inputs, one at a "
                "time."
            )
        assert modality is not None
        inputs = self.of[modality]
        place = getattr(inputs, "item", None)
        if place is not None:
            return Input(modality, place(value, index))
        return Input(modality, inputs.read(value)[1][0])


def _named(value: Any) -> str:
    """What no chain takes, for an error: pairs, conversations and dictionaries by what they are."""
    if is_conversation(value):
        return "a conversation"
    if isinstance(value, Mapping):
        return f"a dictionary with the keys {shown(sorted(map(str, value)))}"
    if isinstance(value, list | tuple):
        count = f"a {type(value).__name__} of {len(value)}"
        return f"{count}, a pair" if _is_pair(value) else count
    return type(value).__name__


def _said(value: Any, index: int) -> Any:
    """A conversation or a pair of texts alone, as the chain of texts takes it; None for anything else."""
    if is_conversation(value):
        return conversation(value, index)
    texts = _is_pair(value) and all(isinstance(each, str) for each in value)
    return tuple(value) if texts else None


def _is_pair(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == len(PAIR)


class Mixed:
    """The pipelines of one model by modality, as one."""

    def __init__(self, pipelines: Mapping[str, Pipeline]) -> None:
        self._of = pipelines
        self._first = next(iter(pipelines.values()))
        self.inputs = MixedInputs({name: each.inputs for name, each in pipelines.items()})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mixed) and self._of == other._of

    def __hash__(self) -> int:
        return hash(tuple(self._of.items()))

    def of(self, modality: str) -> Pipeline:
        """That of one modality."""
        return self._of[modality]

    @property
    def main(self) -> Pipeline:
        """That of the default chain."""
        return self._first

    @property
    def throughput(self) -> Throughput:
        """As of the default chain."""
        return self._first.throughput

    @property
    def model(self) -> Model:
        """The default chain."""
        return self._first.model

    @property
    def preparer(self) -> Any:
        """That of the default chain."""
        return self._first.preparer

    def asked(self, processing: str) -> Mixed:
        """As `Pipeline.asked`, of every modality.

        Raises:
            InputError: as there.
        """
        return Mixed({name: each.asked(processing) for name, each in self._of.items()})

    def run(self, inputs: Sequence[Input], job: Job) -> tuple[list[Any], CallReport]:
        """As `Pipeline.run`; the report counts the inputs of all modalities by their places in the call.

        Raises:
            InputError: an input cannot be used.
        """
        if job.processing is not None:
            return self.asked(job.processing).run(inputs, replace(job, processing=None))
        if job.refuse_long:
            self.check(inputs, job)
        self.inputs.check(inputs, job.first)
        results: list[Any] = [None] * len(inputs)
        total = CallReport(max_length=job.max_length)
        for modality, places in self._places(inputs).items():
            items = [inputs[place].item for place in places]
            found, report = self._of[modality].run(items, self._job(job, modality, places))
            for place, row in zip(places, found, strict=True):
                results[place] = row
            total = _joined(total, report, places)
            if report.truncated and self._of[modality].inputs.unit != self.inputs.unit:
                total = replace(total, max_length=None)  # cut at another length, in another unit
        return results, total

    def check(self, inputs: Sequence[Input], job: Job) -> None:
        """Refuses what `run` would refuse, without a forward.

        Raises:
            InputError: as `run`.
        """
        if job.processing is not None:
            self.asked(job.processing).check(inputs, replace(job, processing=None))
            return
        self.inputs.check(inputs, job.first)
        for modality, places in self._places(inputs).items():
            items = [inputs[place].item for place in places]
            self._of[modality].check(items, self._job(job, modality, places))

    def _places(self, inputs: Sequence[Input]) -> Mapping[str, list[int]]:
        """The places of the inputs of each modality; of an empty call none of the default one."""
        found: dict[str, list[int]] = {}
        for place, each in enumerate(inputs):
            found.setdefault(each.modality, []).append(place)
        return found

    def _job(self, job: Job, modality: str, places: Sequence[int]) -> Job:
        """The call as a modality's chain takes it: prompts go in front of texts alone."""
        own = replace(job, places=[job.place(each) for each in places])
        if self._of[modality].inputs.prompted:
            return own
        return replace(own, prompt="", max_length=None, expansion=None)


def _joined(total: CallReport, report: CallReport, places: Sequence[int]) -> CallReport:
    """Two reports of one call as one; `places` are those of the inputs of the second."""
    at: Callable[[Sequence[int]], tuple[int, ...]] = partial(_of_call, places)
    return replace(
        total,
        texts=total.texts + report.texts,
        truncated=tuple(sorted((*total.truncated, *at(report.truncated)))),
        tokens=total.tokens + report.tokens,
        padding=total.padding + report.padding,
        not_finite=tuple(sorted((*total.not_finite, *at(report.not_finite)))),
        bad_inputs=tuple(
            sorted((*total.bad_inputs, *((places[index], why) for index, why in report.bad_inputs)))
        ),
    )


def _of_call(places: Sequence[int], indices: Sequence[int]) -> tuple[int, ...]:
    return tuple(places[index] for index in indices)
