"""Equal inputs of one call are computed once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Distinct:
    """The inputs of a call without repetitions, in the order in which they first appear.

    `places` (inputs,) says of every input which item it is; None where no two are equal.
    """

    items: Sequence[Any]
    places: NDArray[np.intp] | None = None

    @classmethod
    def of(
        cls, inputs: Sequence[Any], keys: Callable[[Sequence[Any]], Sequence[Hashable]]
    ) -> Distinct:
        """The first input of each key; `keys` gives one for each input."""
        if len(inputs) < 2:
            return cls(inputs)
        numbers: dict[Hashable, int] = {}
        firsts: list[int] = []
        places: list[int] = []
        for index, key in enumerate(keys(inputs)):
            number = numbers.setdefault(key, len(numbers))
            if number == len(firsts):
                firsts.append(index)
            places.append(number)
        if len(firsts) == len(inputs):
            return cls(inputs)
        return cls([inputs[index] for index in firsts], np.array(places, np.intp))

    def counts(self) -> Sequence[int]:
        """How many inputs each item stands for."""
        if self.places is None:
            return [1] * len(self.items)
        counted: list[int] = np.bincount(self.places).tolist()
        return counted

    def spread(self, results: list[Any]) -> list[Any]:
        """The result of every input. Arrays are copied for repetitions: callers may write into them."""
        if self.places is None:
            return results
        taken = [False] * len(results)
        spread = []
        for place in self.places.tolist():
            found = results[place]
            spread.append(found.copy() if taken[place] and hasattr(found, "copy") else found)
            taken[place] = True
        return spread

    def inputs_of(self, items: Sequence[int]) -> tuple[int, ...]:
        """Indices of the inputs that are one of these items, ascending."""
        if self.places is None:
            return tuple(sorted(items))
        chosen = np.isin(self.places, np.array(items, np.intp))
        return tuple(np.flatnonzero(chosen).tolist())
