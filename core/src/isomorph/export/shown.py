"""What an export says on the way: a line a step, and bars over forwards where somebody looks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

_shown: ContextVar[bool] = ContextVar("isomorph-export-shown", default=False)


@contextmanager
def showing(shown: bool) -> Iterator[None]:
    """Within it, exports of this thread say on stderr what they do, or nothing."""
    before = _shown.set(shown)
    try:
        yield
    finally:
        _shown.reset(before)


def say(what: str) -> None:
    """One line."""
    if _shown.get():
        sys.stderr.write(f"{what}\n")
        sys.stderr.flush()


@contextmanager
def told(title: str, sizes: Sequence[int]) -> Iterator[Callable[[int], object]]:
    """Something to call after each forward with its size: a bar on a terminal, a line elsewhere, or nothing.

    Args:
        title: what is run.
        sizes: those of all forwards.
    """
    if not (_shown.get() and sys.stderr.isatty()):
        say(f"{title}: {len(sizes)} forwards …")
        yield lambda size: None
        return
    from tqdm.auto import tqdm

    with tqdm(total=sum(sizes), desc=title, unit=" positions", smoothing=0) as bar:
        yield bar.update
