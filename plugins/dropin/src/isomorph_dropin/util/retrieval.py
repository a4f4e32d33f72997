"""Searches, which give lists of numbers and so are isomorph's own; a program's score is one of tensors."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any

from isomorph import util
from isomorph_dropin.faces.tensors import dense, tensors
from isomorph_dropin.util import similarity

_NAMES = tuple(name for name in vars(similarity) if name in util.__all__)
_OWN = tuple(vars(home)[name] for home in (similarity, util) for name in _NAMES)
"""Scores that are isomorph's, and what the drop-in makes of them."""


def of_tensors(score: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A score of tensors, called with whatever is searched; those of the drop-in take anything."""

    @wraps(score)
    def scored(a: Any, b: Any) -> Any:
        return score(_tensor(a), _tensor(b))

    return score if score in _OWN else scored


def _tensor(value: Any) -> Any:
    found = dense(value)
    return tensors(value) if found is None else found


def _scoring(function: Callable[..., Any]) -> Callable[..., Any]:
    """A search of isomorph, whose `score_function` gets tensors."""
    takes = signature(function)

    @wraps(function)
    def searched(*args: Any, **kwargs: Any) -> Any:
        asked = takes.bind(*args, **kwargs)
        if asked.arguments.get("score_function") is not None:
            asked.arguments["score_function"] = of_tensors(asked.arguments["score_function"])
        return function(*asked.args, **asked.kwargs)

    return searched


semantic_search = _scoring(util.semantic_search)
paraphrase_mining = _scoring(util.paraphrase_mining)
paraphrase_mining_embeddings = _scoring(util.paraphrase_mining_embeddings)
community_detection = util.community_detection

__all__ = [
    "community_detection",
    "paraphrase_mining",
    "paraphrase_mining_embeddings",
    "semantic_search",
]
