"""Batches for engines that say how many tokens a forward should have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from isomorph.schedule.batches import Batch, cut_by_length, shared


def plan_large(
    lengths: NDArray[np.int64], budget: int, max_rows: int | None = None, lanes: int = 1
) -> list[Batch]:
    """As `plan_batches`, but with any number of rows, and full wherever there are texts enough."""
    return cut_by_length(lengths, max_rows or len(lengths), shared(budget, lengths, lanes), budget)
