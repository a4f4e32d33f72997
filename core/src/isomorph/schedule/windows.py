"""Long calls in windows: the next one is tokenised while the forwards of this one run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from isomorph.machine.crew import Crew
from isomorph.preprocess.tokenize import Encoded

TEXTS = 2048
"""Inputs of a window: many enough that sorting them leaves little padding."""
CHARACTERS = 1 << 20
"""A window ends here too, unless it is one input, so that its ids stay few."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Window:
    """Token ids of the inputs from `start` on."""

    start: int
    encoded: Encoded

    @property
    def cut(self) -> list[int]:
        """Indices of its inputs that were cut."""
        indices: list[int] = (self.encoded.truncated + self.start).tolist()
        return indices


def cut(inputs: Sequence[Any], most: int = TEXTS, characters: int = CHARACTERS) -> list[slice]:
    """Where windows begin and end; the inputs are texts or tuples of texts."""
    if not len(inputs):
        return []
    found: list[slice] = []
    start = taken = 0
    for index, each in enumerate(inputs):
        size = len(each) if isinstance(each, str) else sum(map(len, each))
        if index > start and (index - start >= most or taken + size > characters):
            found.append(slice(start, index))
            start, taken = index, 0
        taken += size
    return [*found, slice(start, len(inputs))]


def windows(
    inputs: Sequence[Any], encode: Callable[[Sequence[Any]], Encoded], whole: bool = False
) -> Iterator[Window]:
    """The inputs in token ids, window by window.

    With `whole` all of them are there before the first is handed out, so that a caller can refuse the
    call. Else at most two are in flight: one in use, and one that a thread makes ahead. A single
    window is made without a thread.
    """
    places = cut(inputs)
    made = (Window(place.start, encode(inputs[place])) for place in places)
    if whole:
        return iter(list(made))
    return ahead(made) if len(places) > 1 else made


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The items in their order; while one is in use the next is made on a thread.

    An error in making an item is raised where that item would come.
    """
    nothing = object()

    def following(source: Iterator[T]) -> object:
        return next(source, nothing)

    with Crew(following, 1, "isomorph-ahead") as crew:
        crew.give(items)
        while (item := crew.take()[1]) is not nothing:
            crew.give(items)
            yield item  # type: ignore[misc]  # everything but `nothing` is a T
