"""Evaluators: those of isomorph under the names that programs import."""

from __future__ import annotations

from typing import Any

from isomorph import evaluation
from isomorph.errors import Unsupported

BaseEvaluator = SentenceEvaluator = evaluation.BaseEvaluator
SequentialEvaluator = evaluation.SequentialEvaluator
BinaryClassificationEvaluator = evaluation.BinaryClassificationEvaluator
EmbeddingSimilarityEvaluator = evaluation.EmbeddingSimilarityEvaluator
InformationRetrievalEvaluator = evaluation.InformationRetrievalEvaluator
ParaphraseMiningEvaluator = evaluation.ParaphraseMiningEvaluator
RerankingEvaluator = evaluation.RerankingEvaluator
TripletEvaluator = evaluation.TripletEvaluator
CrossEncoderClassificationEvaluator = evaluation.CrossEncoderClassificationEvaluator
CrossEncoderCorrelationEvaluator = evaluation.CrossEncoderCorrelationEvaluator
CrossEncoderRerankingEvaluator = evaluation.CrossEncoderRerankingEvaluator
CECorrelationEvaluator = evaluation.CrossEncoderCorrelationEvaluator
CERerankingEvaluator = evaluation.CrossEncoderRerankingEvaluator
CEBinaryClassificationEvaluator = evaluation.CrossEncoderClassificationEvaluator
CEBinaryAccuracyEvaluator = evaluation.CrossEncoderClassificationEvaluator
CEF1Evaluator = evaluation.CrossEncoderClassificationEvaluator
CESoftmaxAccuracyEvaluator = evaluation.CrossEncoderClassificationEvaluator


class _Missing(evaluation.BaseEvaluator):
    """An evaluator that isomorph does not have."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise Unsupported(
            f"isomorph has no {type(self).__name__}. Those it has are in isomorph.evaluation; for this one "
            "use the real library."
        )


def __getattr__(name: str) -> Any:
    if not name.endswith("Evaluator") and name != "MSEEvaluatorFromDataFrame":
        raise AttributeError(name)
    made = globals()[name] = type(name, (_Missing,), {"__doc__": _Missing.__doc__})
    return made
