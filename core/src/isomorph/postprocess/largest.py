"""The largest numbers of a row, in a defined order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
FEWEST_GROUPS = 1024


def largest(scores: Array, k: int) -> tuple[Array, Array]:
    """The `k` largest of each row, largest first, and where they stand: (rows, k) both.

    Of equal ones the leftmost come first, also where only some of them find room. NaN counts as
    -inf. Rows shorter than `k` give all they have.

    The columns are dealt into groups; the k-th largest of the groups' maxima bounds the k-th largest
    number from below, so that only the few numbers that reach it need sorting.
    """
    rows, n = scores.shape
    k = min(k, n)
    if not rows or not k:
        return np.zeros((rows, k), scores.dtype), np.zeros((rows, k), np.int64)
    if np.isnan(scores.max()):
        scores = np.where(np.isnan(scores), -np.inf, scores)
    places = np.empty((rows, k), np.int64)
    for i, floor in enumerate(_floors(scores, k)):
        reached = np.flatnonzero(scores[i] >= floor)
        places[i] = reached[_falling(scores[i, reached])[:k]]
    return np.take_along_axis(scores, places, axis=1), places


def _falling(scores: Array) -> Array:
    """The order of numbers (n,), largest first; a whole number may have no negative."""
    turned = -scores if scores.dtype.kind == "f" else ~scores
    return np.argsort(turned, kind="stable")


def _floors(scores: Array, k: int) -> Array:
    """For each row a number that at least `k` of its numbers reach."""
    n = scores.shape[1]
    size = max(1, n // max(8 * k, FEWEST_GROUPS))
    groups = n // size
    maxima = scores[:, : groups * size].reshape(-1, size, groups).max(axis=1)
    return np.asarray(np.partition(maxima, groups - k, axis=1)[:, groups - k])
