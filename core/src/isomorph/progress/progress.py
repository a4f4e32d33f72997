"""How far a call is: told in inputs, foretold by what they cost.

Within a window the longest inputs come first, so that a hundredth of them may be a tenth of the work: the
time that is left follows from their costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Advance = Callable[[int, Sequence[int]], object]
"""To be called with where a window starts, and which of its places are done."""

Listener = Callable[[int, float], object]
"""Is told of texts that are done: how many inputs they stand for, and their share of the call's cost."""

_listener: ContextVar[Listener | None] = ContextVar("isomorph-progress", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Within it, calls of this thread tell the listener how far they are."""
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)


def watched(shown: bool) -> bool:
    """Whether somebody is to be told: `shown` on a bar, or a listener of this thread."""
    return shown or _listener.get() is not None


@contextmanager
def progress(
    items: Sequence[Any] | None,
    shown: bool,
    counts: Sequence[int] | None = None,
    cost: Callable[[Any], int] = lambda item: 1,
) -> Iterator[Advance]:
    """Something to call as items are done: a bar, a listener, or nothing at no cost.

    Args:
        items: what the places are of; None where nobody knows how many there will be.
        shown: whether there is a bar.
        counts: how many inputs each item stands for, None for one each.
        cost: what each item costs beside others.
    """
    listener = _listener.get()
    if not shown and (listener is None or items is None):
        yield lambda start, places: None
        return
    if items is None:
        from isomorph.progress.bar import TextBar

        with TextBar(None, None) as bar:
            yield lambda start, places: bar.advance(len(places), 0, len(places))
        return
    each = [1] * len(items) if counts is None else counts
    with _heard_by(listener, sum(each), shown) as hear:
        costs = [cost(item) for item in items]
        total = sum(costs)

        def advance(start: int, places: Sequence[int]) -> None:
            at = [start + place for place in places]
            hear(sum(each[index] for index in at), sum(costs[index] for index in at) / total)

        yield advance


@contextmanager
def _heard_by(listener: Listener | None, texts: int, shown: bool) -> Iterator[Listener]:
    """The listener; or a bar, where one is to be shown."""
    if not shown:
        assert listener is not None
        yield listener
        return
    from isomorph.progress.bar import TextBar

    with TextBar(1, texts) as bar:
        yield lambda count, share: bar.advance(count, share, share * texts)
