"""Long calls in windows: the next one is prepared while the forwards of this one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from isomorph.machine.crew import Crew
from isomorph.preprocess.protocol import Prepared

INPUTS = 2048
"""Inputs of a window: many enough that sorting them leaves little padding."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Window:
    """The inputs from `start` on, prepared."""

    start: int
    prepared: Prepared

    @property
    def cut(self) -> list[int]:
        """Indices of its inputs that were cut."""
        indices: list[int] = (self.prepared.truncated + self.start).tolist()
        return indices


class Costs(Protocol):
    """What an `Inputs` says of the cost of inputs."""

    @property
    def window(self) -> int:
        """The cost of the inputs that are prepared together at most."""

    def cost(self, item: Any, max_length: int | None = None) -> int:
        """How much work an input is beside others."""


def places(items: Sequence[Any], inputs: Costs, most: int = INPUTS) -> list[slice]:
    """Where windows begin and end: at so many inputs, or at the cost that `inputs` allows."""
    if not len(items):
        return []
    found: list[slice] = []
    start = taken = 0
    for index, each in enumerate(items):
        cost = inputs.cost(each)
        if index > start and (index - start >= most or taken + cost > inputs.window):
            found.append(slice(start, index))
            start, taken = index, 0
        taken += cost
    return [*found, slice(start, len(items))]


def windows(
    items: Sequence[Any],
    parts: Sequence[slice],
    prepare: Callable[[Sequence[Any], int], Prepared],
    whole: bool = False,
) -> Iterator[Window]:
    """The inputs prepared, window by window; `parts` are those of `places`.

    `prepare` gets the inputs of a window and the place of the first. With `whole` all of them are there
    before the first is handed out, so that a caller can refuse the call. Else at most two are in flight:
    one in use, and one that a thread makes ahead. A single window is made without a thread.
    """
    made = (Window(part.start, prepare(items[part], part.start)) for part in parts)
    if whole:
        return iter(list(made))
    return ahead(made) if len(parts) > 1 else made


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The items in their order; while one is in use the next is made on a thread.

    An error in making an item is raised where that item would come.
    """
    nothing = object()

    def following(source: Iterator[T]) -> object:
        return next(source, nothing)

    with Crew(following, 1) as crew:
        crew.give(items)
        while (item := crew.take()[1]) is not nothing:
            crew.give(items)
            yield item  # type: ignore[misc]  # everything but `nothing` is a T
