"""The arguments that all calls of all model classes share: checked once, and made into one `Job`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from isomorph.arguments.names import refuse_unknown, under_one_name
from isomorph.errors import BadInputWarning, InputError, NotFiniteWarning, TruncationWarning
from isomorph.messages.outside import warn_outside
from isomorph.messages.shown import shown
from isomorph.model.routes import tasks_of
from isomorph.plugins.decoders import with_decoders
from isomorph.pool.placement import HERE, Placement
from isomorph.preprocess.inputs import are_pairs, without_tasks
from isomorph.preprocess.prompts import choose_prompt
from isomorph.runtime.job import Job
from isomorph.runtime.lenient import Refused, in_place_of, read_anyway
from isomorph.runtime.processing import Said, followed, taken
from isomorph.runtime.report import CallReport

if TYPE_CHECKING:
    from isomorph.batching.batcher import Entry
    from isomorph.batching.ticket import Ticket
    from isomorph.models.base import BaseModel
    from isomorph.runtime.loaded import Loaded
    from isomorph.runtime.mixed import Mixed
    from isomorph.runtime.pipeline import Pipeline

Keep = Callable[[NDArray[Any], NDArray[np.int64]], Any]
"""What makes of an input's array, and of its token ids, what a call returns of it."""

IN_WINDOWS = "mean"
ON_LONG = ("truncate", "report", "error", IN_WINDOWS)
"""What is done with inputs that are too long: cut with a warning or without, refused, heard in windows."""


ON_BAD = ("error", "nan")
"""What is done with inputs that cannot be used: the call is refused, or their rows are NaN."""


class ToldLater(str):
    """An `on_long` of a part of a call: who asked for the part warns of the whole."""


Finish = Callable[[Sequence[Any]], Any]
"""What makes the result of a call of what is kept of its inputs."""

After = Callable[[list[Any], CallReport], tuple[list[Any], CallReport]]


@dataclass(frozen=True, slots=True)
class Halves:
    """What runs for a call, and what is made of the rows and the report then."""

    items: Sequence[Any]
    job: Job
    after: After


@dataclass(slots=True)
class Call:
    """One call of a model: its inputs, the job, and where it runs."""

    loaded: Loaded
    pipeline: Pipeline | Mixed
    single: bool
    inputs: Sequence[Any]
    job: Job
    place: Placement
    on_long: str
    refused: Refused = field(default_factory=dict)
    """The inputs that cannot be read, of a call to which they are no error."""

    @classmethod
    def of(
        cls,
        model: BaseModel,
        inputs: Any,
        kwargs: dict[str, Any],
        *,
        output: str,
        prompt_name: str | None,
        prompt: str | None,
        batch_size: int | None,
        show_progress_bar: bool | None,
        place: Placement,
        on_long: str,
        deterministic: bool,
        on_bad_input: str = "error",
        task: str | None = None,
        pairs: bool = False,
        keep: Keep | None = None,
    ) -> Call:
        """Checks the shared arguments; `kwargs` are those beside them, under names that nothing has read yet.

        Raises:
            InputError: an argument or an input cannot be used.
        """
        inputs, task, said = _named(inputs, task, kwargs, pairs) if kwargs else (inputs, task, None)
        if on_long not in ON_LONG or on_bad_input not in ON_BAD:
            _refuse_ways(on_long, on_bad_input)
        if (routers := model._loaded.routing.model.routers) and not pairs:
            inputs, task = without_tasks(inputs, task, tasks_of(routers))
        pipeline, lengths = model._loaded.routing.way(task)
        pipeline, own = followed(said, pipeline, lengths, task) if said else (pipeline, None)
        if on_long == IN_WINDOWS:
            _refuse_windows(pipeline, output, keep)
        lenient = on_bad_input == "nan"
        if not (pairs or lenient or isinstance(inputs, str)) and are_pairs(inputs):
            pairs = pipeline.inputs.modality == "text"
        single, items, refused = _read(pipeline, inputs, pairs, lenient)
        named = (prompt, prompt_name, model._default_prompt_name) != (None, None, None)
        text = _prompt_of(model, prompt, prompt_name, pipeline) if named else ""
        job = Job(
            output=output,
            prompt=text,
            max_length=lengths.length(task),
            max_rows=batch_size,
            device=place.device,
            progress=bool(show_progress_bar),
            pairs=pairs,
            task=task,
            expansion=lengths.filling(task) if task else None,
            refuse_long=on_long == "error",
            deterministic=deterministic,
            keep=keep,
            lenient=lenient,
        )
        job = replace(job, **own) if own else job
        return cls(model._loaded, pipeline, single, items, job, place, on_long, refused)

    def answered(self, finish: Finish, return_report: bool) -> Any:
        """What `finish` makes of the rows, with the report on request; or the call, to be answered later."""
        if self.place.later:
            return Begun(self, finish, return_report)
        rows, report = self.run()
        result = finish(rows)
        return (result, report) if return_report else result

    def keeping(self, keep: Keep) -> Call:
        """The same call, which returns of each input what `keep` makes of it."""
        return replace(self, job=replace(self.job, keep=keep))

    def run(self) -> tuple[list[Any], CallReport]:
        """What is kept of each input, in their order, and what happened to them, of which it warns.

        Raises:
            InputError: an input cannot be used; nothing has run then.
        """
        if self.place is HERE and not self.job.lenient and self.on_long != IN_WINDOWS:
            rows, report = self.pipeline.run(self.inputs, self.job)
        else:
            rows, report = self.run_part(slice(None), self.job)
        self.loaded.last_call = report
        if report.truncated or report.not_finite or report.bad_inputs:
            warn_of(report, self.on_long, self.pipeline.inputs.unit)
        return rows, report

    def run_part(self, part: slice, job: Job) -> tuple[list[Any], CallReport]:
        """As `run`, of a part of the inputs, without warning."""
        halves = self.halves(part, job)
        return halves.after(*self._run(halves.items, halves.job))

    def halves(self, part: slice, job: Job) -> Halves:
        """What runs for a part of the inputs, and what is made of the rows then."""
        items = self.inputs[part]
        after: After = partial(self._with_refused, part.start or 0)
        if self.on_long != IN_WINDOWS:
            return Halves(items, job, after)
        from isomorph.models.long_sounds import windows_of  # sounds alone need it

        windows = windows_of(self.pipeline.inputs, items, job.max_length)
        places = [job.place(place) for place in windows.places]

        def joined(rows: list[Any], report: CallReport) -> tuple[list[Any], CallReport]:
            return after(list(windows.joined(rows)), windows.told(report))

        return Halves(windows.items, replace(job, places=places), joined)

    def _with_refused(
        self, start: int, rows: list[Any], report: CallReport
    ) -> tuple[list[Any], CallReport]:
        """The rows with NaN in the places of inputs that cannot be used, and the report of all of these."""
        refused = {place - start: why for place, why in self.refused.items()}
        bad = {place: why for place, why in refused.items() if 0 <= place < len(rows)}
        every = {**dict(report.bad_inputs), **bad}
        if not every:
            return rows, report
        rows = [in_place_of(row) if place in every else row for place, row in enumerate(rows)]
        return rows, replace(report, bad_inputs=tuple(sorted(every.items())))

    def _run(self, inputs: Sequence[Any], job: Job) -> tuple[list[Any], CallReport]:
        if self.place.batcher is not None:
            return self.place.batcher.run(self.pipeline, inputs, job)
        if self.place.devices and self.loaded.backend.one_process:
            return self.pipeline.run(inputs, replace(job, devices=self.place.in_threads()))
        if self.place.has_workers:
            from isomorph.pool.calls import run  # with multiprocessing, which few programs need

            return run(self.loaded, inputs, job, self.place)
        return self.pipeline.run(inputs, job)

    def tell(self, report: CallReport) -> None:
        """Keeps what happened to all inputs, and warns of it."""
        self.loaded.last_call = report
        warn_of(report, self.on_long, self.pipeline.inputs.unit)


class Begun:
    """A call whose inputs were read and checked, and which runs with others later."""

    def __init__(self, call: Call, finish: Finish, return_report: bool) -> None:
        self._call = call
        self._finish = finish
        self._return_report = return_report
        self._halves = call.halves(slice(None), call.job)
        self._report = CallReport()

    def submit(
        self, entry: Entry, done: Callable[[Ticket], None]
    ) -> tuple[list[Any], CallReport] | None:
        """Has it run: what came where that happened here, else `done` is called on another thread."""
        halves = self._halves
        return entry.run_or_submit(self._call.pipeline, halves.items, halves.job, done)

    def finish(self, rows: list[Any], report: CallReport) -> Any:
        """Makes its result of what came."""
        rows, self._report = self._halves.after(rows, report)
        result = self._finish(rows)
        return (result, self._report) if self._return_report else result

    def tell(self) -> None:
        """Keeps what happened to its inputs, and warns of it."""
        self._call.tell(self._report)


def _named(
    inputs: Any, task: str | None, kwargs: dict[str, Any], pairs: bool
) -> tuple[Any, str | None, Said | None]:
    """The inputs under either name, the task, and how inputs are read; other keywords are refused."""
    said = taken(kwargs)
    inputs = under_one_name("inputs", inputs, kwargs, "sentences")
    if not pairs:
        task = kwargs.pop("task", task)
    refuse_unknown("predict" if pairs else "encode", kwargs)
    return inputs, task, said


def _refuse_ways(on_long: str, on_bad_input: str) -> None:
    """Refuses ways to treat inputs that there are not."""
    for name, said, known in (
        ("on_long", on_long, ON_LONG),
        ("on_bad_input", on_bad_input, ON_BAD),
    ):
        if said not in known:
            raise InputError(f"{name} {shown(said)} is not one of {', '.join(known)}.")


def _refuse_windows(pipeline: Pipeline | Mixed, output: str, keep: Keep | None) -> None:
    """Refuses means of windows where there are no sounds, or no vectors."""
    from isomorph.models.long_sounds import hears  # sounds alone need it

    if output != "sentence_embedding" or keep is not None or not hears(pipeline.inputs):
        raise InputError(
            f"on_long={IN_WINDOWS!r} makes one vector of the windows of a long sound: it is for sentence "
            f"embeddings of models that take audio, and this call is about {output!r} of "
            f"{pipeline.inputs.modality}."
        )


def _read(
    pipeline: Pipeline | Mixed, inputs: Any, pairs: bool, lenient: bool
) -> tuple[bool, Sequence[Any], Refused]:
    """Whether the inputs are a single one, the batch of them, and those that are let pass as bad."""
    if pipeline.inputs.modality != "text":
        inputs = with_decoders(inputs, pipeline.inputs.takes)
    if lenient:
        return read_anyway(pipeline.inputs, inputs, pairs)
    single, items = pipeline.inputs.read(inputs, pairs)
    return single, items, {}


def _prompt_of(
    model: BaseModel, prompt: str | None, prompt_name: str | None, pipeline: Pipeline | Mixed
) -> str:
    """The prompt of a call that names one, or whose model has a default one."""
    text = choose_prompt(model._prompts, model._default_prompt_name, prompt, prompt_name)
    _refuse_prompt(text, pipeline)
    return text


def _refuse_prompt(prompt: str, pipeline: Pipeline | Mixed) -> None:
    """Refuses a prompt in front of inputs that are no texts."""
    inputs = pipeline.inputs
    if prompt and not inputs.prompted:
        raise InputError(
            f"The prompt {shown(prompt)} cannot go in front of {inputs.modality} inputs; leave prompt and "
            "prompt_name out."
        )


def warn_of(report: CallReport, on_long: str, unit: str = "tokens") -> None:
    """At most one warning of each kind for a call, however many inputs it is about."""
    if isinstance(on_long, ToldLater):
        return
    if report.truncated and on_long in ("truncate", IN_WINDOWS):
        most = "their model's end"
        if report.max_length is not None:
            most = f"{report.max_length} {unit}"
        warn_outside(
            f"{len(report.truncated)} of {report.texts} inputs were cut at {most}, "
            f"the first of them input {report.truncated[0]}. model.report().truncated lists them; "
            "on_long='error' refuses them.",
            TruncationWarning,
        )
    if report.not_finite:
        warn_outside(
            f"The numbers of {len(report.not_finite)} of {report.texts} inputs are not finite: "
            f"{_listed(report.not_finite)}. Weights of the model that are not finite are the usual reason. "
            "With return_report=True the CallReport lists all of them.",
            NotFiniteWarning,
        )
    if report.bad_inputs:
        first, why = report.bad_inputs[0]
        warn_outside(
            f"{len(report.bad_inputs)} of {report.texts} inputs cannot be used, and their rows are NaN; the "
            f"first of them, input {first}, {why} CallReport.bad_inputs lists all: return_report=True.",
            BadInputWarning,
        )


def _listed(indices: Sequence[int], most: int = 10) -> str:
    listed = ", ".join(map(str, indices[:most]))
    left = len(indices) - most
    return f"{'inputs' if len(indices) > 1 else 'input'} {listed}{f' and {left} more' if left > 0 else ''}"
