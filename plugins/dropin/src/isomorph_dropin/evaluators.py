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


class NanoBEIREvaluator(_NotHere):
    """Not here: its queries and documents lie on the Hub."""

    why = (
        "its queries and documents lie on the Hub. Load them with the package datasets, and give them to "
        "the evaluator of information retrieval or of reranking of this kind of model."
    )


class CrossEncoderNanoBEIREvaluator(NanoBEIREvaluator):
    """Not here: its queries and documents lie on the Hub."""


class SparseNanoBEIREvaluator(NanoBEIREvaluator):
    """Not here: its queries and documents lie on the Hub."""


class MultiVectorNanoBEIREvaluator(NanoBEIREvaluator):
    """Not here: its queries and documents lie on the Hub."""


def __getattr__(name: str) -> Any:
    if name not in evaluation.__all__:
        raise AttributeError(name)
    return getattr(evaluation, name)
