"""Similarities: tensors, whatever is compared.

Dense vectors are compared by torch itself, as in the real library: whole numbers stay whole, two single
vectors are a pair, and gradients go through. Sparse ones, and what torch refuses, are isomorph's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from functools import partial, wraps
from typing import Any

import torch

import isomorph
from isomorph import util
from isomorph_dropin.faces.tensors import dense, tensors

_unit = partial(torch.nn.functional.normalize, p=2, dim=-1)
_IN_TORCH: Mapping[str, Callable[[Any, Any], Any]] = {
    "cos_sim": lambda a, b: _unit(a) @ _unit(b).T,
    "dot_score": lambda a, b: a @ b.T,
    "euclidean_sim": lambda a, b: -torch.cdist(a, b, p=2.0),
    "manhattan_sim": lambda a, b: -torch.cdist(a, b, p=1.0),
    "pairwise_cos_sim": lambda a, b: (_unit(a) * _unit(b)).sum(-1),
    "pairwise_dot_score": lambda a, b: (a * b).sum(-1),
    "pairwise_euclidean_sim": lambda a, b: -torch.linalg.vector_norm(a - b, dim=-1),
    "pairwise_manhattan_sim": lambda a, b: -(a - b).abs().sum(-1),
}
"""What torch makes of two dense tensors, by the names that isomorph has for the same."""


def answering_tensors(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of isomorph, whose result is a tensor."""
    in_torch = _IN_TORCH.get(function.__name__)
    paired = function.__name__.startswith("pairwise")
    whole = function.__name__.endswith("dot_score")

    @wraps(function)
    def answered(*args: Any, **kwargs: Any) -> Any:
        if in_torch is None or len(args) != 2 or kwargs:
            return tensors(function(*args, **kwargs))
        given = dense(args[0]), dense(args[1])
        sides = _alike(*given, paired, whole)
        if sides is not None:
            return in_torch(*sides)
        found = tensors(function(*args))
        single = paired and all(each is not None and each.ndim == 1 for each in given)
        return found[0] if single else found

    return answered


def _rows(value: torch.Tensor) -> torch.Tensor:
    return value[None] if value.ndim == 1 else value


def _alike(a: Any, b: Any, paired: bool, whole: bool) -> tuple[Any, Any] | None:
    """Two tensors that torch compares; None where there are no two, or it would refuse them.

    Args:
        a: a tensor, or None.
        b: a tensor, or None.
        paired: whether single vectors stay such, and one stands for all of the other side.
        whole: whether whole numbers are compared.
    """
    if a is None or b is None or a.dtype != b.dtype or not (whole or a.is_floating_point()):
        return None
    if not (a.ndim and b.ndim and a.ndim <= 2 and b.ndim <= 2 and a.shape[-1] == b.shape[-1]):
        return None
    if paired:
        fits = min(a.ndim, b.ndim) == 1 or 1 in (len(a), len(b)) or len(a) == len(b)
        return (a, b) if fits and a.device == b.device else None
    return (_rows(a), _rows(b)) if a.device == b.device else None


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
