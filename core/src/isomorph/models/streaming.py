"""Inputs that come one after the other, and results that go elsewhere than into memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any, Protocol, TypeVar

from isomorph.arguments.rules import checked
from isomorph.errors import InputError, Unsupported
from isomorph.machine.forks import WORK
from isomorph.models.call import ToldLater, check_on_long, warn_of
from isomorph.pool.placement import HERE, Placement
from isomorph.postprocess.arrays import is_sparse
from isomorph.postprocess.destination import Destination
from isomorph.preprocess.inputs import is_single
from isomorph.progress.progress import progress
from isomorph.runtime.pipeline import Job
from isomorph.runtime.report import CallReport
from isomorph.schedule.windows import TEXTS, cut

IN_FLIGHT = 2
"""Windows of a stream that are at work at once: the next is tokenised while the first one runs."""

OF_A_WHOLE_CALL = ("int8", "uint8")
"""Precisions whose steps are taken from all vectors of a call."""

T = TypeVar("T")
R = TypeVar("R")


class _Model(Protocol):
    """What streaming needs of a model."""

    _last_call: CallReport

    def encode(self, inputs: Any, **kwargs: Any) -> Any: ...

    def _run(
        self, inputs: Sequence[Any], job: Job, on_long: str = ..., place: Placement = ...
    ) -> tuple[Sequence[Any], CallReport]: ...

    def _check(self, inputs: Sequence[Any], job: Job, on_long: str) -> None: ...


class Streaming:
    """Models whose `encode` takes inputs that need not be there all at once."""

    @checked
    def encode_iter(
        self: _Model, inputs: Iterable[Any], *, window_size: int = TEXTS, **kwargs: Any
    ) -> Iterator[Any]:
        """What `encode` returns of each input, in their order, in memory that does not grow.

        The inputs are read as they are needed, by the thread that asks for results: `window_size` of
        them are sorted and run together, and two such windows are at work at once, the one whose
        results come next and the one after it. Closing the iterator ends the work.

        When it is exhausted there is one warning for all inputs that were cut, and `report()` speaks
        of all. With ``on_long="error"`` an input that is too long ends the stream when its window is
        reached.

        Args:
            inputs: texts, from anything that can be iterated.
            window_size: how many inputs are sorted and run together; few make more padding.
            **kwargs: those of `encode`.

        Raises:
            InputError: at once for an argument, on the way for an input that cannot be used.
        """
        if is_single(inputs):
            raise InputError("encode_iter takes many inputs; for a single one there is encode.")
        for name in ("out", "return_report"):
            value = kwargs.pop(name, None)
            if value is not None and value is not False:
                raise InputError(
                    f"encode_iter() does not take {name}; ask report() when it is done."
                )
        if kwargs.get("precision") in OF_A_WHOLE_CALL:
            raise InputError(_whole_call(kwargs["precision"]))
        on_long = check_on_long(kwargs.pop("on_long", "truncate"))
        shown = bool(kwargs.pop("show_progress_bar", False))
        self.encode([], **kwargs)  # refuses what it does not take
        later = ToldLater.of(on_long)
        work = partial(self.encode, **kwargs, on_long=later, return_report=True)
        return _rows(self, work, windows_of(inputs, window_size), on_long, shown)

    def _finished(
        self: _Model,
        texts: Sequence[Any],
        job: Job,
        on_long: str,
        finish: Callable[[Sequence[Any]], Any],
        out: Any = None,
        place: Placement = HERE,
    ) -> tuple[Any, CallReport]:
        """What `finish` makes of all rows; or `out`, into which it goes window by window.

        Raises:
            InputError: `out` cannot hold them, or an input cannot be used; nothing has run then.
        """
        if out is None:
            rows, total = self._run(texts, job, ToldLater.of(on_long), place)
            warn_of(total, on_long)
            return finish(rows), total
        destination = Destination(out, len(texts), finish([]))
        self._check(texts, job, on_long)  # once for all: the windows need not look again
        later = ToldLater("report")

        def work(part: slice) -> tuple[Sequence[Any], CallReport]:
            own = replace(job, progress=False, first=part.start)
            return self._run(texts[part], own, later, place)

        total = CallReport(max_length=job.max_length)
        with progress(texts, job.progress, max_length=job.max_length) as advance:
            for rows, call in in_order(work, cut(texts)):
                destination.write(total.texts, finish(rows))
                advance(total.texts, range(call.texts))
                total = total.followed_by(call)
        self._last_call = total
        warn_of(total, on_long)
        return out, total


def refuse_out(
    out: Any, single: bool, output_value: str | None, precision: str | None, to_tensor: bool
) -> None:
    """Refuses calls whose results are no rows of one array.

    Raises:
        InputError: says what stands beside ``out``.
    """
    if out is None:
        return
    if single:
        raise InputError("out takes the rows of many texts; this is a single one.")
    if output_value != "sentence_embedding" or to_tensor:
        what = "convert_to_tensor=True" if to_tensor else f"output_value={output_value!r}"
        raise InputError(f"out takes one row of numbers a text; {what} gives something else.")
    if precision in OF_A_WHOLE_CALL:
        raise InputError(_whole_call(str(precision)))


def windows_of(inputs: Iterable[T], size: int) -> Iterator[list[T]]:
    """The inputs in lists of `size`, the last one shorter; read when it is asked for."""
    source = iter(inputs)
    while window := list(islice(source, size)):
        yield window


def in_order(work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """The results of the items in their order, `IN_FLIGHT` of them at work at once.

    Items are taken by the caller's thread. An error is raised where its result would come.
    """
    pending: deque[Future[R]] = deque()
    begun = WORK.generation
    with ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="isomorph-window") as threads:
        for item in items:
            _refuse_forked(begun)
            pending.append(threads.submit(work, item))
            if len(pending) >= IN_FLIGHT:
                yield pending.popleft().result()
        while pending:
            _refuse_forked(begun)
            yield pending.popleft().result()


def _refuse_forked(begun: int) -> None:
    if WORK.generation != begun:
        raise Unsupported(
            "This stream was begun before the process was forked, and the windows that are at work are its "
            "parent's. Begin a stream of its own in each process."
        )


def _rows(
    model: _Model,
    work: Callable[[Any], tuple[Any, CallReport]],
    windows: Iterable[Any],
    on_long: str,
    shown: bool,
) -> Iterator[Any]:
    total = CallReport()
    with progress(None, shown) as advance:
        for results, call in in_order(work, windows):
            total = total.followed_by(call)
            for index in range(call.texts):
                yield results[[index]] if is_sparse(results) else results[index]
            advance(0, range(call.texts))
    model._last_call = total
    warn_of(total, on_long)


def _whole_call(precision: str) -> str:
    return (
        f"The steps of {precision} are taken from all vectors of a call, which are never there at once "
        "here. Take float32, then quantize_embeddings with ranges=…."
    )
