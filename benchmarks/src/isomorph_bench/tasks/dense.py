"""One vector a text."""

from __future__ import annotations

from isomorph_bench.tasks.task import Task, both_sides, cosines, plain, single
from isomorph_bench.workloads.suites import DEFAULT, TEXTS

TASK = Task(
    "dense",
    "SentenceTransformer",
    DEFAULT,
    TEXTS,
    one=lambda model, item: model.encode(item),
    many=lambda model, items: model.encode(items, on_long="report"),
    items=plain,
    takes=single,
    asked_of_pairs=both_sides,
    likeness=cosines,
)
