"""A score for a query with a document: a hundred documents a call, or many pairs at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from isomorph_bench.tasks.task import Pairs, Rows, Task
from isomorph_bench.workloads.workload import Workload

DOCUMENTS = 100
"""Of a query, as a search hands them on."""

START = Workload("start", "start", 3, "mixed", 1, "queries")
ONE = Workload("one", "calls", 5, "mixed", 3, "queries")
PAIRS = Workload("pairs", "pass", 5, "mixed", 240, "pairs")
SHORT = Workload("short", "pass", 5, "short", 400, "pairs")
FILE = Workload("file", "pass", 5, "file", 1000, "pairs")
CALLERS = Workload("callers", "callers", 3, "mixed", 4, "queries", callers=4)


def items(texts: Sequence[str], alone: bool) -> list[Any]:
    """``[query, documents]`` each where a call has one, else ``[query, document]``."""
    step = takes(alone)
    if not alone:
        return [list(texts[at : at + 2]) for at in range(0, len(texts) - 1, 2)]
    return [[texts[at], list(texts[at + 1 : at + step])] for at in range(0, len(texts), step)]


def takes(alone: bool) -> int:
    """A query, and its documents."""
    return 1 + DOCUMENTS if alone else 2


def pairs_alone(pairs: Pairs) -> list[Any]:
    """The pairs themselves."""
    return [list(pair) for pair in pairs]


def scores(rows: Rows) -> list[float]:
    """The score of each pair."""
    return [float(row.ravel()[0]) for row in rows]


def one(model: Any, item: Any) -> Any:
    """The scores of a query's documents, in their order."""
    query, documents = item
    return model.predict([(query, document) for document in documents], on_long="report")


def many(model: Any, given: list[Any]) -> Any:
    """The scores of pairs."""
    return model.predict([tuple(pair) for pair in given], on_long="report")


TASK = Task(
    name="rerank",
    model_type="CrossEncoder",
    default=(START, ONE, PAIRS),
    known=(START, ONE, PAIRS, SHORT, FILE, CALLERS),
    one=one,
    many=many,
    items=items,
    takes=takes,
    asked_of_pairs=pairs_alone,
    likeness=scores,
)
