"""What calls need in memory, by the model's operations, and the token budget that fits into what is free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import prod
from time import monotonic

from isomorph.errors import Unsupported
from isomorph.machine.free_memory import free_memory
from isomorph.machine.lazy import lazy
from isomorph.model.model import Model
from isomorph.primitives.footprint import footprint, outputs
from isomorph.program import Program, lower
from isomorph.schedule.batches import BUDGET, MAX_ROWS

SHARE = 0.5
"""How much of the free memory forwards may take: others want some, and results are yet to come."""
SMALLEST = 64
"""Padded tokens: a smaller budget saves nothing, since a text is never split."""
FRESH = 1.0
"""Seconds for which what was free counts as free: asking takes as long as a short forward."""
STEP = 16
"""Tokens to whose multiple the longest text is rounded up where a budget is fitted."""
SHAPES = 4096
"""Shapes whose costs are remembered; more would be memory of their own."""

_FLOAT32 = 4


@dataclass(frozen=True, slots=True)
class Costs:
    """Memory of forwards and calls, in bytes, over what is resident when the model is loaded.

    `held` is what the backend holds for every byte of a forward's values, as its claim says.
    """

    program: Program
    lanes: int
    held: float = 1.0
    _known: dict[tuple[int, int], int] = field(default_factory=dict, compare=False, repr=False)

    def forward(self, rows: int, width: int) -> int:
        """One forward of so many texts, padded to `width` tokens.

        The program decides it, so that each shape is worked out once: calls of a second or two apart
        ask again for all shapes that they might have.
        """
        found = self._known.get((rows, width))
        if found is None:
            if len(self._known) >= SHAPES:
                self._known.clear()
            found = int(self.held * footprint(self.program, rows, width))
            self._known[rows, width] = found
        return found

    def worst(self, texts: int, longest: int, budget: int = BUDGET) -> int:
        """The forwards that run at once, of texts of at most `longest` tokens, cut by a token budget."""
        sizes, width = [], max(1, longest)  # of texts without a token one place is padded
        while width:
            rows = max(1, min(texts, MAX_ROWS, budget // width))
            at_once = min(self.lanes, -(-texts // rows))
            sizes.append(at_once * self.forward(rows, width))
            width //= 2
        return max(sizes)

    def call(self, count: int, longest: int, budget: int = BUDGET) -> int:
        """A whole call of so many inputs: its forwards, and its results, which are joined once."""
        row = sum(map(prod, outputs(self.program, 1, longest).values())) * _FLOAT32
        return self.worst(count, longest, budget) + 2 * count * row

    def fitting(self, longest: int, free: int | None, most: int = BUDGET) -> int:
        """The token budget whose forwards fit into what is free, for texts of at most `longest` tokens.

        It is no larger than `most`.
        """
        budget = most
        longest = -(-longest // STEP) * STEP  # calls differ by a few tokens, and share these shapes
        if free is not None:
            while budget > SMALLEST and self.worst(MAX_ROWS, longest, budget) > SHARE * free:
                budget //= 2
        return budget


class TokenBudget:
    """The token budget of now, for one loaded model; `costs` is None where nothing is known of them.

    It is no larger than `most`.
    """

    def __init__(self, costs: Costs | None, most: int = BUDGET) -> None:
        self.most = most
        self._make: Callable[[], Costs | None] = lambda: costs
        self._asked = float("-inf")
        self._found: dict[int, int] = {}

    @classmethod
    def of(cls, model: Model, lanes: int, held: float, most: int = BUDGET) -> TokenBudget:
        """That of a model, which is lowered when its costs are first asked for: single texts never do."""
        budget = cls(None, most)
        budget._make = partial(_costs_of, model, lanes, held)
        return budget

    @lazy
    def costs(self) -> Costs | None:
        """What its forwards cost."""
        return self._make()

    def tokens(self, longest: int) -> int:
        """Padded tokens of a forward of texts of at most `longest` tokens."""
        if self.costs is None:
            return self.most
        now = monotonic()
        if now - self._asked > FRESH:
            self._asked, self._found = now, {}
        found = self._found.get(longest)
        if found is None:
            found = self._found[longest] = self.costs.fitting(longest, free_memory(), self.most)
        return found

    def runs_alone(self, rows: int, width: int) -> bool:
        """Whether so many of these forwards as there are lanes would take too much of the free memory.

        It is asked of every forward, and looks only at texts that are longer than any budget, each a
        forward of its own: all others the budget bounds.
        """
        if rows > 1 or width <= BUDGET or self.costs is None or self.costs.lanes == 1:
            return False
        free = free_memory()
        at_once = self.costs.lanes * self.costs.forward(rows, width)
        return free is not None and at_once > SHARE * free


def _costs_of(model: Model, lanes: int, held: float) -> Costs | None:
    """Nothing is known of a model whose code only its backend has."""
    try:
        return Costs(lower(model), lanes, held)
    except Unsupported:
        return None
