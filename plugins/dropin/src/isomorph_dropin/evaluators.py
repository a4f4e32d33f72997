"""Evaluators: those of isomorph under the names that programs import."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from inspect import signature
from typing import Any

from isomorph import evaluation
from isomorph.errors import Unsupported
from isomorph_dropin.util.retrieval import of_tensors

_INNER = (
    "embed_inputs", "compute_metrices", "compute_metrics", "compute_all_metrics", "compute_dcg_at_k",
    "compute_metrices_batched", "compute_metrices_individual", "compute_metrics_batched",
    "compute_metrics_individual", "get_corpus_id_ranks", "output_scores", "add_transitive_closure",
)  # fmt: skip
"""Methods that the real library's evaluators go through, and isomorph's do not have."""


class Judge:
    """What evaluators of the drop-in add: examples of training as data, and scores of tensors."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = vars(self)
        if found.get("score_functions"):
            named = found["score_functions"].items()
            found["score_functions"] = {name: of_tensors(score) for name, score in named}
        if found.get("similarity_fct") is not None:
            found["similarity_fct"] = of_tensors(found["similarity_fct"])

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for name in _INNER:
            if name in vars(cls) and not any(name in vars(base) for base in cls.__mro__[1:]):
                raise Unsupported(
                    f"{cls.__name__} has its own {name}(), which evaluators here would pass over. Override "
                    "__call__(), which gets the model, or use the real library."
                )


class _OfPairs(Judge):
    @classmethod
    def from_input_examples(cls, examples: Sequence[Any], **kwargs: Any) -> Any:
        """One of two texts and a label an example."""
        make: Any = cls
        columns = [[each.texts[place] for each in examples] for place in range(2)]
        return make(*columns, [each.label for each in examples], **kwargs)


class _OfTriplets(Judge):
    @classmethod
    def from_input_examples(cls, examples: Sequence[Any], **kwargs: Any) -> Any:
        """One of three texts an example."""
        make: Any = cls
        return make(*([each.texts[place] for each in examples] for place in range(3)), **kwargs)


class _OfScores(Judge):
    @classmethod
    def from_input_examples(cls, examples: Sequence[Any], **kwargs: Any) -> Any:
        """One of a pair of texts and a label an example."""
        make: Any = cls
        return make([each.texts for each in examples], [each.label for each in examples], **kwargs)


_BY_END: Mapping[str, type[Judge]] = {
    "TripletEvaluator": _OfTriplets,
    "EmbeddingSimilarityEvaluator": _OfPairs,
    "BinaryClassificationEvaluator": _OfPairs,
    "CrossEncoderClassificationEvaluator": _OfScores,
    "CrossEncoderCorrelationEvaluator": _OfScores,
}
"""What an evaluator is made of, by the end of its name."""
_OLD = {
    "SentenceEvaluator": "BaseEvaluator",
    "CECorrelationEvaluator": "CrossEncoderCorrelationEvaluator",
    "CERerankingEvaluator": "CrossEncoderRerankingEvaluator",
    "CEBinaryClassificationEvaluator": "CrossEncoderClassificationEvaluator",
    "CEBinaryAccuracyEvaluator": "CrossEncoderClassificationEvaluator",
    "CEF1Evaluator": "CrossEncoderClassificationEvaluator",
    "CESoftmaxAccuracyEvaluator": "CrossEncoderClassificationEvaluator",
}
"""Present names by old ones."""


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
    if name in _OLD:
        return getattr(sys.modules[__name__], _OLD[name])
    if name not in evaluation.__all__:
        raise AttributeError(name)
    made = globals()[name] = _judge(getattr(evaluation, name))
    return made


def _judge(kind: Any) -> Any:
    """An evaluator of isomorph with what the drop-in adds; what is no such class stays."""
    if not isinstance(kind, type) or kind is evaluation.BaseEvaluator:
        return kind
    ends = (adds for end, adds in _BY_END.items() if kind.__name__.endswith(end))
    own = {"__module__": __name__, "__doc__": kind.__doc__, "__signature__": signature(kind)}
    return type(kind.__name__, (next(ends, Judge), kind), own)
