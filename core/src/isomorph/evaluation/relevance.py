"""How good rankings are, given which of their entries are relevant."""

from __future__ import annotations

from math import comb
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isomorph.evaluation.thresholds import Cuts, average_precision

Array = NDArray[Any]


def accuracy_at(hits: Array, k: int) -> float:
    """The share of queries with a relevant document among the first `k`; hits is bool (queries, ranks)."""
    return float(hits[:, :k].any(axis=1).mean())


def precision_at(hits: Array, k: int) -> float:
    """The mean share of relevant documents among the first `k`; a shorter ranking has none there."""
    return float((hits[:, :k].sum(axis=1) / k).mean())


def recall_at(hits: Array, relevant: Array, k: int) -> float:
    """The mean share of the relevant documents (queries,) that stand among the first `k`."""
    return float((hits[:, :k].sum(axis=1) / relevant).mean())


def mrr_at(hits: Array, k: int) -> float:
    """The mean of 1 / rank of the first relevant document, 0 where it is not among the first `k`."""
    first = hits[:, :k]
    places = 1 / (np.argmax(first, axis=1) + 1) if first.shape[1] else np.zeros(len(hits))
    return float(np.where(first.any(axis=1), places, 0).mean())


def ndcg_at(hits: Array, relevant: Array, k: int) -> float:
    """The mean discounted gain of the first `k` over that of the best ranking.

    Gains are 1, the discount of rank r is log2(r + 1) (Järvelin and Kekäläinen 2002).
    """
    gains = hits[:, :k] @ _discounts(min(k, hits.shape[1]))
    best = np.cumsum(_discounts(k))[np.minimum(relevant, k) - 1]
    return float((gains / best).mean())


def map_at(hits: Array, relevant: Array, k: int) -> float:
    """The mean of the precisions at the ranks of the relevant documents among the first `k`."""
    first = hits[:, :k]
    precisions = np.cumsum(first, axis=1) / np.arange(1, first.shape[1] + 1)
    return float(((precisions * first).sum(axis=1) / np.minimum(relevant, k)).mean())


def of_scores(relevant: ArrayLike, scores: ArrayLike, k: int) -> tuple[float, float, float]:
    """Average precision, reciprocal rank and nDCG, both at `k`, of one list in the order of its scores.

    Equal scores may stand in any order: average precision never tears them apart, the other two are
    means over all orders (McSherry and Najork 2008). All are 0 where nothing is relevant.

    Args:
        relevant: (n,), 1 for a relevant entry, 0 for another.
        scores: (n,).
        k: how far a reader looks; average precision looks at all.
    """
    labels, values = np.asarray(relevant) == 1, np.asarray(scores)
    cuts = Cuts.of(values, labels)
    if not cuts.labelled:
        return 0.0, 0.0, 0.0
    sizes, hits = np.diff(cuts.positives, prepend=0), np.diff(cuts.hits, prepend=0)
    discounts = np.zeros(cuts.pairs)
    discounts[:k] = _discounts(min(k, cuts.pairs))
    shares = np.add.reduceat(discounts, cuts.positives - sizes) / sizes
    best = _discounts(min(k, cuts.labelled)).sum()
    group = int(np.argmax(hits > 0))
    before = int(cuts.positives[group] - sizes[group])
    first = _first_of_group(before, int(sizes[group]), int(hits[group]), k)
    return average_precision(cuts), first, float(hits @ shares / best)


def _first_of_group(before: int, size: int, relevant: int, k: int) -> float:
    """The mean of 1 / rank of the first relevant one, over all orders of entries of equal score.

    It is the p-th of them in C(size - p, relevant - 1) of C(size, relevant) ways.
    """
    last = min(size - relevant + 1, k - before)
    ways = comb(size, relevant)
    return sum(comb(size - p, relevant - 1) / ways / (before + p) for p in range(1, last + 1))


def _discounts(n: int) -> Array:
    return np.asarray(1 / np.log2(np.arange(2, n + 2)))
