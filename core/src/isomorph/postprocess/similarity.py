"""Similarity functions by name: how models and evaluators choose one.

The functions themselves are imported when one is first called: a model only needs the names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any

from isomorph.errors import BadModel, InputError
from isomorph.messages.shown import shown

Score = Callable[[Any, Any], Any]

DENSE = ("cosine", "dot", "euclidean", "manhattan")
"""Functions of one vector a text."""
OF_TOKENS = ("maxsim", "meanmaxsim")
"""Functions of one vector a token."""
_ALL = (*DENSE, *OF_TOKENS)


class SimilarityFunction(Enum):
    """The similarity functions, by the names that models save."""

    COSINE = "cosine"
    DOT_PRODUCT = "dot"
    DOT = "dot"  # noqa: PIE796 - a second name of the same
    EUCLIDEAN = "euclidean"
    MANHATTAN = "manhattan"
    MAXSIM = "maxsim"
    MEAN_MAXSIM = "meanmaxsim"
    MEANMAXSIM = "meanmaxsim"  # noqa: PIE796 - likewise

    @staticmethod
    def possible_values() -> list[str]:
        """The names."""
        return [each.value for each in SimilarityFunction]

    @staticmethod
    def to_similarity_fn(similarity_function: str | SimilarityFunction) -> Score:
        """The function (m, dim), (n, dim) -> (m, n) of a name.

        Raises:
            InputError: there is none of this name.
        """
        return _functions()[check_name(similarity_function, _ALL)][0]

    @staticmethod
    def to_similarity_pairwise_fn(similarity_function: str | SimilarityFunction) -> Score:
        """The function (n, dim), (n, dim) -> (n,) of a name.

        Raises:
            InputError: there is none of this name.
        """
        return _functions()[check_name(similarity_function, _ALL)][1]


@cache
def _functions() -> Mapping[str, tuple[Score, Score]]:
    """By name: the function of each with each, and that of rows beside each other."""
    from isomorph.postprocess import maxsim as late
    from isomorph.postprocess import scores

    found = (
        (scores.cos_sim, scores.pairwise_cos_sim),
        (scores.dot_score, scores.pairwise_dot_score),
        (scores.euclidean_sim, scores.pairwise_euclidean_sim),
        (scores.manhattan_sim, scores.pairwise_manhattan_sim),
        (late.maxsim, late.maxsim_pairwise),
        (late.mean_maxsim, late.mean_maxsim_pairwise),
    )
    return dict(zip(_ALL, found, strict=True))


def check_name(name: Any, among: tuple[str, ...] = DENSE) -> str:
    """The name of a similarity function, given as text or as an enum whose value it is.

    Raises:
        InputError: it is not one of `among`.
    """
    text = getattr(name, "value", name)
    if not isinstance(text, str) or text not in among:
        raise InputError(f"Similarity {shown(text)} is not one of {', '.join(among)}.")
    return text


def saved_name(saved: Any, among: tuple[str, ...]) -> str | None:
    """The function that a folder names, however it is spelled; None for the default of the model.

    Late-interaction models are also saved with the function of single vectors that compares their
    tokens, and the other way round: where a model cannot have the named one it has its default.

    Raises:
        BadModel: nothing is called so.
    """
    if saved is None:
        return None
    plain = re.sub(r"[\s_-]", "", saved.lower()) if isinstance(saved, str) else ""
    found = "dot" if plain == "dotproduct" else plain
    if found not in _ALL:
        raise BadModel(
            f"The folder names the similarity {shown(saved)}, which is not one of {', '.join(_ALL)}. "
            "Say another one: similarity_fn_name=…."
        )
    return found if found in among else None


def similarity(name: str, a: Any, b: Any) -> Any:
    """Every row of `a` (m, dim) against every row of `b` (n, dim) -> float32 (m, n).

    A single vector counts as one row; float64 stays, and tensors give a tensor. Distances come
    negated, so that larger is always more alike.

    Raises:
        InputError: the dimensions differ, or there is no function of this name.
    """
    return SimilarityFunction.to_similarity_fn(name)(a, b)


def similarity_pairwise(name: str, a: Any, b: Any) -> Any:
    """Row i of `a` against row i of `b`, both (n, dim) -> float32 (n,), for tensors a tensor.

    Raises:
        InputError: the shapes differ, or there is no function of this name.
    """
    return SimilarityFunction.to_similarity_pairwise_fn(name)(a, b)
