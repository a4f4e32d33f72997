"""How families sort distances between positions into buckets."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FARTHEST = 32_768
"""Distances beyond this are bucketed as this one; every scheme has reached its last bucket by then."""


def alibi_slopes(heads: int) -> tuple[float, ...]:
    """The slope of each head: powers of two, evenly spaced, where the number of heads is such a power.

    Else those of the next lower power, and then every other one of the next higher.
    """
    power = 1 << (heads.bit_length() - 1)
    slopes = tuple(2.0 ** (-8 * (i + 1) / power) for i in range(power))
    if power == heads:
        return slopes
    return slopes + alibi_slopes(2 * power)[0::2][: heads - power]


def t5_buckets(
    distances: NDArray[Any], buckets: int, max_distance: int, backwards: bool = False
) -> NDArray[np.int64]:
    """T5's bidirectional buckets of int64 distances (key minus query), of any shape.

    Half of the buckets for keys after the query. Of each half, the first half hold one distance
    each, the others grow logarithmically up to `max_distance` (Raffel et al. 2020,
    arXiv:1910.10683, section 2.1). With `backwards` all buckets are for keys before the query.
    """
    half = buckets if backwards else buckets // 2
    exact = half // 2
    magnitude = np.maximum(-distances, 0) if backwards else np.abs(distances)
    # float32, as the published models were trained: a border may round the other way in float64.
    ratio = np.log(np.maximum(magnitude, 1).astype(np.float32) / np.float32(exact))
    spread = np.float32(np.log(max_distance / exact))
    growing = exact + (ratio / spread * np.float32(half - exact)).astype(np.int64)
    near = np.where(magnitude < exact, magnitude, np.minimum(growing, half - 1))
    return np.asarray(near if backwards else near + np.where(distances > 0, half, 0), np.int64)


def log_buckets(distances: NDArray[Any], buckets: int, max_distance: int) -> NDArray[np.int64]:
    """DeBERTa's signed buckets of int64 distances, of any shape.

    Distances up to half of the buckets hold themselves; beyond, buckets grow logarithmically, so
    that `max_distance` - 1 reaches the last but one of the second half.
    """
    half = buckets // 2
    magnitude = np.abs(distances)
    # Rounded to float32, as in training: a border may fall to the other side in float64.
    quotients = np.maximum(magnitude, half).astype(np.float32) / np.float32(half)
    ratio = np.log(quotients, dtype=np.float64).astype(np.float32)
    spread = np.float32(np.log(np.float64(np.float32((max_distance - 1) / half))))
    growing = np.ceil(ratio / spread * np.float32(half - 1)).astype(np.int64) + half
    signed = np.where(magnitude <= half, distances, np.sign(distances) * growing)
    return np.asarray(signed, np.int64)
