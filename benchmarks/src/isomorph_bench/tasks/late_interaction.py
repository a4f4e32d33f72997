"""A vector for each token of a text."""

from __future__ import annotations

from isomorph_bench.tasks.task import Rows, Task, both_sides, plain, single
from isomorph_bench.workloads.suites import DEFAULT, TEXTS


def best_matches(rows: Rows) -> list[float]:
    """MaxSim of the rows of left texts with those of right ones, over the tokens of the left one."""
    from isomorph.postprocess.maxsim import maxsim_pairwise

    half = len(rows) // 2
    found = maxsim_pairwise(rows[:half], rows[half:], length_normalize=True)
    return [float(each) for each in found]


TASK = Task(
    "late-interaction",
    "MultiVectorEncoder",
    DEFAULT,
    TEXTS,
    one=lambda model, item: model.encode(item),
    many=lambda model, items: model.encode(items, on_long="report"),
    items=plain,
    takes=single,
    asked_of_pairs=both_sides,
    likeness=best_matches,
)
