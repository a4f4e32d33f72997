"""Whether numbers are finite, asked of every result of a model."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SMALL = 1 << 13
"""Numbers up to which a product with themselves is the quicker question; of more, BLAS would use threads."""


def all_finite(array: NDArray[Any]) -> bool:
    """Whether there is no NaN and no infinity in it."""
    if array.size <= _SMALL and math.isfinite(np.vdot(array, array)):
        return True  # a sum of squares holds what is not finite, and may overflow by itself
    return bool(np.isfinite(array).all())
