"""Batches for accelerators, which are fast where a forward is large."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from isomorph.schedule.batches import Batch


def plan_large(lengths: NDArray[np.int64], budget: int, max_rows: int | None = None) -> list[Batch]:
    """Cuts texts, longest first, into batches of at most `budget` padded tokens and any number of rows.

    A text longer than the budget is a batch of its own.
    """
    order = np.argsort(-lengths, kind="stable").tolist()
    batches: list[Batch] = []
    while order:
        width = max(1, int(lengths[order[0]]))
        count = min(max(1, budget // width), max_rows or len(order))
        batches.append(Batch(tuple(order[:count]), width))
        order = order[count:]
    return batches
