"""Forwards of one input that has all threads to itself.

Nothing stands beside its row on whose number its sums could depend, and no other length follows at once.
So products are torch's own, which keep nothing for a number of rows: the row needs no filling up, and is
not packed.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar

from isomorph.contract import Values

ALONE: ContextVar[bool] = ContextVar("alone", default=False)
"""Whether the forward that this thread is in has one row, without padding, and all threads."""


def is_alone(values: Values, names: Iterable[str]) -> bool:
    """Whether feeds of these names have one row, of which nothing is masked."""
    mask = values.get("attention_mask")
    return all(len(values[name]) == 1 for name in names) and (mask is None or bool(mask.all()))
