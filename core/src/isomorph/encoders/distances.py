"""How families sort distances between positions into buckets."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def t5_buckets(distances: NDArray[Any], buckets: int, max_distance: int) -> NDArray[np.int64]:
    """T5's bidirectional buckets of int64 distances (key minus query), of any shape.

    Half of the buckets for keys after the query. Of each half, the first half hold one distance
    each, the others grow logarithmically up to `max_distance` (Raffel et al. 2020,
    arXiv:1910.10683, section 2.1).
    """
    half = buckets // 2
    exact = half // 2
    magnitude = np.abs(distances)
    # float32, as the published models were trained: a border may round the other way in float64.
    ratio = np.log(np.maximum(magnitude, 1).astype(np.float32) / np.float32(exact))
    spread = np.float32(np.log(max_distance / exact))
    growing = exact + (ratio / spread * np.float32(half - exact)).astype(np.int64)
    near = np.where(magnitude < exact, magnitude, np.minimum(growing, half - 1))
    return np.asarray(near + np.where(distances > 0, half, 0), np.int64)
