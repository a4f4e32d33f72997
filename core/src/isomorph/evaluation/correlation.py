"""Correlation of predicted with given scores."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def pearson(a: ArrayLike, b: ArrayLike) -> float:
    """The linear correlation of two (n,), in float64; NaN where a side is constant."""
    left, right = (_centred(np.asarray(each, np.float64)) for each in (a, b))
    if not left.any() or not right.any():
        return float("nan")
    left, right = left / np.linalg.norm(left), right / np.linalg.norm(right)
    return float(np.clip(left @ right, -1, 1))


def spearman(a: ArrayLike, b: ArrayLike) -> float:
    """The correlation of the ranks of two (n,); NaN where a side is constant."""
    return pearson(ranks(a), ranks(b))


def ranks(values: ArrayLike) -> NDArray[np.float64]:
    """The place of each of (n,) in rising order, from 1; equal ones share the mean of their places."""
    _, group, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    mean_places = np.cumsum(counts) - (counts - 1) / 2
    return np.asarray(mean_places[group.ravel()], np.float64)


def _centred(values: NDArray[Any]) -> NDArray[Any]:
    """Exact zeros for a constant, whose mean may be rounded."""
    if values.size and (values == values.flat[0]).all():
        return np.zeros_like(values)
    return np.asarray(values - values.mean())
