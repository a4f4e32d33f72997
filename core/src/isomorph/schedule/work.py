"""How much a call computes: real tokens, and the padding beside them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from isomorph.schedule.batches import Batch


@dataclass(slots=True)
class Work:
    """Counted batch by batch. Without `padded` nothing but real tokens is computed."""

    padded: bool
    tokens: int = 0
    padding: int = 0

    def add(self, batch: Batch, lengths: NDArray[np.int64]) -> None:
        """One more forward; `lengths` are the token counts of its window's texts."""
        real = int(lengths[list(batch.rows)].sum())
        self.tokens += real
        if self.padded:
            self.padding += (len(batch.rows) + batch.blank) * batch.width - real
