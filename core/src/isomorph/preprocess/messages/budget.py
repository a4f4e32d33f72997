"""What one rendering of a chat template may cost: loops, calls, characters and time, counted as it goes."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from time import monotonic
from typing import Any

STEPS = 200_000
"""Rounds of loops and calls, beside one for each character that comes in."""
CHARACTERS = 4_000_000
"""Characters that are made or compared, in outputs and on the way to them, and members of lists."""
MEMBER = 8
"""Characters that a member of a list counts as."""
TIMES = 64
"""So many more for each character that comes in."""
DEPTH = 60
"""Calls within calls."""
VALUES = 100_000
"""Members of a list or an object, those of its members included, beside those that come in."""
LEVELS = 100
"""Lists within lists."""
SECONDS = 10.0
"""A net below the other limits, which are the same on every machine."""


class TooMuch(Exception):
    """A template asked for more than it may have; the text says of what."""


class Budget:
    """The costs of one rendering; single operations are bounded, so that counting between them is enough."""

    def __init__(self, incoming: int) -> None:
        self._steps = STEPS + incoming
        self._characters = CHARACTERS + TIMES * incoming
        self._values = VALUES + incoming
        self._until = monotonic() + SECONDS
        self.depth = 0

    def step(self) -> None:
        """One round of a loop, or one call."""
        self._steps -= 1
        if self._steps < 0:
            raise TooMuch(f"it takes more than {STEPS:,} steps")
        if monotonic() > self._until:
            raise TooMuch(f"it takes more than {SECONDS:.0f} seconds")

    def room(self, characters: int) -> None:
        """Asked before so many characters, or members of a list, are made."""
        self._characters -= characters
        if self._characters < 0:
            raise TooMuch(f"it makes or compares more than {CHARACTERS:,} characters")

    def rounds(self, values: Iterable[Any]) -> Iterator[Any]:
        """The values of a loop, each a step."""
        for value in values:
            self.step()
            yield value

    def sized(self, value: Any) -> Any:
        """The value, if the whole of it is small enough to be written out or compared."""
        if not isinstance(value, _HOLDERS):
            if isinstance(value, str):
                self.room(len(value))
            return value
        level: list[Any] = [value]
        members = depth = 0
        while level:
            members += len(level)
            depth += 1
            self.room(sum(len(each) if isinstance(each, str) else MEMBER for each in level))
            level = [part for each in level if isinstance(each, _HOLDERS) for part in _parts(each)]
            if members + len(level) > self._values or depth > LEVELS:
                raise TooMuch(f"it makes a value of over {VALUES:,} members or {LEVELS} levels")
        return value


_HOLDERS = (Mapping, list, tuple, KeysView, ValuesView, ItemsView)


def _parts(holder: Any) -> Iterator[Any]:
    if isinstance(holder, Mapping):
        yield from holder.keys()
        yield from holder.values()
    else:
        yield from holder
