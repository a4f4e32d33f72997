"""Similarities: tensors, whatever is compared."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import wraps
from typing import Any

import isomorph
from isomorph import util
from isomorph_dropin.faces.tensors import tensors


def answering_tensors(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of isomorph, whose result is a tensor."""

    @wraps(function)
    def answered(*args: Any, **kwargs: Any) -> Any:
        return tensors(function(*args, **kwargs))

    return answered


class _Answering(Enum):
    """Functions by the names that models save; what they give are tensors."""

    @staticmethod
    def possible_values() -> list[str]:
        """The names."""
        return isomorph.SimilarityFunction.possible_values()

    @staticmethod
    def to_similarity_fn(similarity_function: Any) -> Callable[..., Any]:
        """The function (m, dim), (n, dim) -> (m, n) of a name."""
        return answering_tensors(isomorph.SimilarityFunction.to_similarity_fn(similarity_function))

    @staticmethod
    def to_similarity_pairwise_fn(similarity_function: Any) -> Callable[..., Any]:
        """The function (n, dim), (n, dim) -> (n,) of a name."""
        found = isomorph.SimilarityFunction.to_similarity_pairwise_fn(similarity_function)
        return answering_tensors(found)


_made: Any = _Answering
SimilarityFunction = _made(
    "SimilarityFunction",
    [(name, each.value) for name, each in isomorph.SimilarityFunction.__members__.items()],
    module="sentence_transformers.util.similarity",
)
"""The similarity functions, under the names, and with the aliases, that isomorph has for them."""

cos_sim = answering_tensors(util.cos_sim)
dot_score = answering_tensors(util.dot_score)
euclidean_sim = answering_tensors(util.euclidean_sim)
manhattan_sim = answering_tensors(util.manhattan_sim)
maxsim = answering_tensors(util.maxsim)
maxsim_pairwise = answering_tensors(util.maxsim_pairwise)
mean_maxsim = answering_tensors(util.mean_maxsim)
mean_maxsim_pairwise = answering_tensors(util.mean_maxsim_pairwise)
pairwise_angle_sim = answering_tensors(util.pairwise_angle_sim)
pairwise_cos_sim = answering_tensors(util.pairwise_cos_sim)
pairwise_dot_score = answering_tensors(util.pairwise_dot_score)
pairwise_euclidean_sim = answering_tensors(util.pairwise_euclidean_sim)
pairwise_manhattan_sim = answering_tensors(util.pairwise_manhattan_sim)
pytorch_cos_sim = cos_sim
