"""Scores cut at a threshold: the best one for accuracy or F1, and what holds over all of them.

Pairs of equal score are never torn apart: a threshold lies between two different scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Cuts:
    """Every way to call the pairs above a threshold positive, the highest threshold first.

    `thresholds`, `positives` (how many pairs lie above) and `hits` (how many of those are labelled 1)
    have one entry for each different score; `pairs` and `labelled` count all pairs and all labels
    of 1; `highest` is the highest score.
    """

    thresholds: Array
    positives: Array
    hits: Array
    pairs: int
    labelled: int
    highest: Any

    @classmethod
    def of(cls, scores: ArrayLike, labels: ArrayLike) -> Cuts:
        """All cuts of (n,) scores with (n,) labels 0 or 1."""
        values, given = np.asarray(scores), np.asarray(labels)
        values = values if values.dtype.kind == "f" else values.astype(np.float64)
        order = np.argsort(-values, kind="stable")
        values, given = values[order], given[order]
        last = np.flatnonzero(np.append(values[1:] != values[:-1], True)[: len(values)])
        hits = np.cumsum(given == 1)
        thresholds = _between(values[last])
        labelled = int(np.sum(given == 1))
        highest = values[0] if len(values) else np.float64("-inf")
        return cls(thresholds, last + 1, hits[last], len(values), labelled, highest)


@dataclass(frozen=True, slots=True)
class BestF1:
    """The best F1, with the precision and the recall that it is made of."""

    f1: float
    precision: float
    recall: float
    threshold: float


def best_accuracy(cuts: Cuts) -> tuple[float, float]:
    """The largest share of pairs that a threshold calls right, and that threshold.

    Calling no pair positive competes too, with a threshold just above all scores. Of equally good
    thresholds the highest wins.
    """
    negatives = cuts.pairs - cuts.labelled
    right = cuts.hits + negatives - (cuts.positives - cuts.hits)
    i = int(np.argmax(right))
    if right[i] <= negatives:
        return negatives / cuts.pairs, float(
            np.nextafter(cuts.highest, cuts.highest.dtype.type(np.inf))
        )
    return float(right[i] / cuts.pairs), float(cuts.thresholds[i])


def best_f1(cuts: Cuts) -> BestF1:
    """The largest F1 of a threshold; all is 0 where no pair has label 1."""
    if not cuts.hits.any():
        return BestF1(0, 0, 0, 0)  # whole numbers, as files of results have them
    precision, recall = cuts.hits / cuts.positives, cuts.hits / cuts.labelled
    f1 = 2 * cuts.hits / (cuts.positives + cuts.labelled)
    i = int(np.argmax(f1))
    return BestF1(float(f1[i]), float(precision[i]), float(recall[i]), float(cuts.thresholds[i]))


def average_precision(cuts: Cuts) -> float:
    """The precision at each threshold weighted by the recall it adds; 0 without labels of 1."""
    if not cuts.hits.any():
        return 0.0
    gained = np.diff(cuts.hits, prepend=0)
    return float(np.sum(gained * cuts.hits / cuts.positives) / cuts.labelled)


def matthews(predicted: ArrayLike, labels: ArrayLike) -> float:
    """Matthews' correlation of (n,) predictions with (n,) labels; 0 where a side is constant."""
    yes, true = np.asarray(predicted) == 1, np.asarray(labels) == 1
    table = np.array(
        [np.sum(yes & true), np.sum(~yes & ~true), np.sum(yes & ~true), np.sum(~yes & true)], float
    )
    tp, tn, fp, fn = table
    spread = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    return float((tp * tn - fp * fn) / np.sqrt(spread)) if spread else 0.0


def _between(ends: Array) -> Array:
    """The middle of each score and the next; a middle that rounds to the next would take it in."""
    following = np.append(ends[1:], ends[-1:])
    middles = (ends + following) / 2
    return np.where(middles == following, ends, middles)
