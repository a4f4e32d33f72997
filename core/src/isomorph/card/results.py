"""What evaluators found, as a card shows it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class EvaluationResult:
    """The metrics of one evaluation, by names without that of the evaluator in front.

    ``kind`` is the evaluation in words, ``name`` the evaluator's own name or "", ``primary`` the
    metric that stands for all or "".
    """

    kind: str
    name: str
    metrics: Mapping[str, float]
    primary: str = ""
    epoch: int = -1
    step: int = -1

    @property
    def key(self) -> tuple[str, str]:
        """What a later evaluation of the same kind and name replaces."""
        return self.kind, self.name

    @property
    def finite(self) -> dict[str, float]:
        """The metrics that a header can hold: an undefined one has no value."""
        return {name: value for name, value in self.metrics.items() if math.isfinite(value)}


def result_of(
    evaluator: Any, metrics: Mapping[str, Any], epoch: int, step: int
) -> EvaluationResult:
    """What an evaluator reports, under short names of the metrics."""
    name = str(getattr(evaluator, "name", "") or "")
    kind = str(getattr(evaluator, "description", "") or type(evaluator).__name__)
    primary = str(getattr(evaluator, "primary_metric", "") or "")
    front = f"{name}_" if name else ""
    short = {key.removeprefix(front): float(value) for key, value in metrics.items()}
    return EvaluationResult(kind, name, short, primary.removeprefix(front), epoch, step)
