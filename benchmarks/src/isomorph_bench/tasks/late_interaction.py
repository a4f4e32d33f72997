"""A vector for each token of a text."""

from __future__ import annotations

from isomorph_bench.tasks.task import Rows, Task


def best_matches(rows: Rows) -> list[float]:
    """MaxSim of the rows of left texts with those of right ones, over the tokens of the left one."""
    from isomorph.postprocess.maxsim import maxsim_pairwise

    half = len(rows) // 2
    found = maxsim_pairwise(rows[:half], rows[half:], length_normalize=True)
    return [float(each) for each in found]


TASK = Task(name="late-interaction", model_type="MultiVectorEncoder", likeness=best_matches)
