"""SequentialEvaluator: several evaluators as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from warnings import warn

from isomorph.arguments.rules import FUNCTION, checking
from isomorph.errors import InputError
from isomorph.evaluation.evaluator import BaseEvaluator
from isomorph.preprocess.inputs import as_list


class SequentialEvaluator(BaseEvaluator):
    """Runs evaluators one after the other and puts their metrics into one dictionary."""

    @checking(main_score_function=FUNCTION)
    def __init__(
        self,
        evaluators: Iterable[BaseEvaluator],
        main_score_function: Callable[[list[float]], float] = lambda scores: scores[-1],
    ) -> None:
        """Keeps the evaluators.

        Args:
            evaluators: each a `BaseEvaluator`, or any callable of its signature.
            main_score_function: their primary metrics -> the one that stands for all.

        Raises:
            InputError: there is none.
        """
        super().__init__()
        self.evaluators = as_list(evaluators, "evaluators")
        if not self.evaluators:
            raise InputError("There is nothing to evaluate: evaluators is empty.")
        self.main_score_function = main_score_function

    def __call__(
        self, model: Any, output_path: str | None = None, epoch: int = -1, steps: int = -1
    ) -> dict[str, float]:
        """All metrics, and ``sequential_score``. One without names is called ``evaluator_INDEX``.

        Warns where two evaluators use one name, since the later one's value is kept.
        """
        results: dict[str, float] = {}
        scores = []
        for i, evaluator in enumerate(self.evaluators):
            found = evaluator(model, output_path, epoch, steps)
            if not isinstance(found, dict):
                found = {f"evaluator_{i}": found}
            scores.append(found[getattr(evaluator, "primary_metric", None) or next(iter(found))])
            again = sorted(set(found) & set(results))
            if again:
                warn(f"Evaluator {i} replaces {', '.join(again)}; give it a name.", stacklevel=2)
            results |= found
        self.primary_metric = "sequential_score"
        results["sequential_score"] = self.main_score_function(scores)
        return results
