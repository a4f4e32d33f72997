"""What a task is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph_bench.workloads.suites import DEFAULT, TEXTS
from isomorph_bench.workloads.workload import Workload

Rows = list[NDArray[np.float32]]
"""One array an item: a vector, the vectors of tokens, or scores."""
Pairs = Sequence[tuple[str, str]]


def plain(texts: Sequence[str], alone: bool) -> list[Any]:
    """Texts as they are."""
    return list(texts)


def single(alone: bool) -> int:
    """One text an item."""
    return 1


def both_sides(pairs: Pairs) -> list[Any]:
    """All left texts, then all right ones."""
    return [left for left, _ in pairs] + [right for _, right in pairs]


def cosines(rows: Rows) -> list[float]:
    """Of the rows of left texts with those of right ones."""
    from isomorph.postprocess.scores import pairwise_cos_sim

    half = len(rows) // 2
    found = pairwise_cos_sim(np.stack(rows[:half]), np.stack(rows[half:]))
    return [float(each) for each in np.asarray(found)]


def encode(model: Any, item: Any) -> Any:
    """The result of one text."""
    return model.encode(item)


def encode_all(model: Any, items: list[Any]) -> Any:
    """The results of many texts in one call."""
    return model.encode(items, on_long="report")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """How a model of isomorph does it, and how its results are read; the defaults are those of texts.

    `one` and `many` take a loaded model and one item or a list of them. `items` makes what they take of texts
    or paths; `takes` says how many of these an item needs.
    """

    name: str
    model_type: str
    """The class of isomorph, such as ``"SparseEncoder"``."""
    default: tuple[Workload, ...] = DEFAULT
    known: tuple[Workload, ...] = TEXTS
    one: Callable[[Any, Any], Any] = encode
    many: Callable[[Any, list[Any]], Any] = encode_all
    items: Callable[[Sequence[str], bool], list[Any]] = plain
    """Of texts, and whether each item is a call of its own."""
    takes: Callable[[bool], int] = single
    asked_of_pairs: Callable[[Pairs], list[Any]] = both_sides
    """The items whose results say how alike the texts of pairs are."""
    likeness: Callable[[Rows], list[float]] = cosines
    """What the rows of these items say, one number a pair."""
