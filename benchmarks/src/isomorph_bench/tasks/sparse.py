"""A weight for each word of a vocabulary, most of them zero."""

from __future__ import annotations

from isomorph_bench.tasks.task import Task, both_sides, cosines, plain, single
from isomorph_bench.workloads.suites import DEFAULT, TEXTS

TASK = Task(
    "sparse",
    "SparseEncoder",
    DEFAULT,
    TEXTS,
    one=lambda model, item: model.encode(item),
    many=lambda model, items: model.encode(items, on_long="report"),
    items=plain,
    takes=single,
    asked_of_pairs=both_sides,
    likeness=cosines,
)
