"""Batches for engines that say how many tokens a forward should have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from isomorph.schedule.batches import FEWEST, Batch


def plan_large(
    lengths: NDArray[np.int64], budget: int, max_rows: int | None = None, lanes: int = 1
) -> list[Batch]:
    """Cuts texts, longest first, into batches of at most `budget` padded tokens and any number of rows.

    A text longer than the budget is a batch of its own. Few texts are spread over all `lanes`.
    """
    share = -(-int(lengths.sum()) // lanes)
    budget = min(budget, max(share, FEWEST))
    order = np.argsort(-lengths, kind="stable").tolist()
    batches: list[Batch] = []
    while order:
        width = max(1, int(lengths[order[0]]))
        count = min(max(1, budget // width), max_rows or len(order))
        batches.append(Batch(tuple(order[:count]), width))
        order = order[count:]
    return batches
