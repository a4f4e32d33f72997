"""Evaluators: those of isomorph under the names that programs import."""

from __future__ import annotations

from typing import Any

from isomorph import evaluation
from isomorph.errors import Unsupported

SentenceEvaluator = evaluation.BaseEvaluator
CECorrelationEvaluator = evaluation.CrossEncoderCorrelationEvaluator
CERerankingEvaluator = evaluation.CrossEncoderRerankingEvaluator
CEBinaryClassificationEvaluator = evaluation.CrossEncoderClassificationEvaluator
CEBinaryAccuracyEvaluator = evaluation.CrossEncoderClassificationEvaluator
CEF1Evaluator = evaluation.CrossEncoderClassificationEvaluator
CESoftmaxAccuracyEvaluator = evaluation.CrossEncoderClassificationEvaluator


class _NotHere(evaluation.BaseEvaluator):
    """An evaluator that can be imported, and says why it cannot be made."""

    why = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise Unsupported(f"isomorph-dropin has no {type(self).__name__}: {self.why}")


class LabelAccuracyEvaluator(_NotHere):
    """Not here: it judges a classifier that is trained with a model."""

    why = "it judges a classifier that training makes. For that use the real library."


def __getattr__(name: str) -> Any:
    if name.endswith("NanoBEIREvaluator"):
        from isomorph_dropin import nano_beir

        return getattr(nano_beir, name)
    if name not in evaluation.__all__:
        raise AttributeError(name)
    return getattr(evaluation, name)
