"""What evaluators need of models, and how they ask them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from isomorph.arguments.rules import LISTED
from isomorph.errors import InputError
from isomorph.postprocess.arrays import as_array, is_sparse
from isomorph.postprocess.similarity import SimilarityFunction, check_name, similarity_pairwise

EVERY_NAME = tuple(SimilarityFunction.possible_values())


class EmbeddingModel(Protocol):
    """A model of texts to vectors: one a text, sparse ones, or one a token."""

    similarity_fn_name: Any

    def encode(self, inputs: Any, **kwargs: Any) -> Any:
        """Vectors of texts."""
        ...

    def encode_query(self, inputs: Any, **kwargs: Any) -> Any:
        """Vectors of queries."""
        ...

    def encode_document(self, inputs: Any, **kwargs: Any) -> Any:
        """Vectors of documents."""
        ...

    def similarity(self, embeddings1: Any, embeddings2: Any) -> Any:
        """(m, dim), (n, dim) -> (m, n)."""
        ...


class PairModel(Protocol):
    """A model of pairs of texts to scores."""

    num_labels: int

    def predict(self, inputs: Any, **kwargs: Any) -> Any:
        """Pairs -> (pairs,) with one label, else (pairs, labels)."""
        ...


def embed(encode: Callable[..., Any], texts: Sequence[Any], **options: Any) -> Any:
    """Vectors as the model gives them; options that are None are left out.

    Raises:
        InputError: a vector holds NaN, which no metric survives.
    """
    vectors = encode(list(texts), **_given(options))
    parts = vectors if isinstance(vectors, list) else [vectors]
    if any(_has_nan(part) for part in parts):
        raise InputError(
            "The model gives vectors that hold NaN, so that no metric is defined. Half precision "
            "overflows in some models: load it in float32."
        )
    return vectors


def predict(model: PairModel, pairs: Sequence[Any], **options: Any) -> Any:
    """Scores as numpy gives them; options that are None are left out.

    Raises:
        InputError: a score is NaN.
    """
    scores = as_array(model.predict([list(pair) for pair in pairs], **_given(options)))
    if _has_nan(scores):
        raise InputError("The model gives scores that are NaN, so that no metric is defined.")
    return scores


def pair_scores(name: str, left: Any, right: Any) -> NDArray[Any]:
    """The similarity of this name of vector i of one side and vector i of the other: (n,)."""
    return np.asarray(as_array(similarity_pairwise(name, left, right)))


def take(vectors: Any, places: Sequence[int]) -> Any:
    """The vectors at these places, whatever kind of collection holds them."""
    if isinstance(vectors, list):
        return [vectors[i] for i in places]
    array = as_array(vectors)
    return (array.tocsr() if is_sparse(array) else array)[np.asarray(places, np.int64)]


def similarity_names(given: Sequence[Any] | None, main: Any) -> list[str]:
    """The checked names of an evaluator's similarity functions; none where the model's is meant.

    Raises:
        InputError: there is no function of such a name.
    """
    listed = [] if given is None else LISTED("similarity_fn_names", given)
    names = [check_name(name, EVERY_NAME) for name in listed]
    return names or ([] if main is None else [check_name(main, EVERY_NAME)])


def of_model(model: EmbeddingModel) -> str:
    """The name of the model's own similarity function."""
    return check_name(model.similarity_fn_name, EVERY_NAME)


def same_length(**lists: Sequence[Any]) -> None:
    """Refuses lists of different lengths, and empty ones.

    Raises:
        InputError: names the lists and their lengths.
    """
    for name, each in lists.items():
        LISTED(name, each)
    lengths = {name: len(each) for name, each in lists.items()}
    if len(set(lengths.values())) > 1:
        raise InputError(f"These must be equally long: {lengths}.")
    if not all(lengths.values()):
        raise InputError(f"There is nothing to evaluate: {', '.join(lengths)} are empty.")


def _given(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _has_nan(vectors: Any) -> bool:
    array = as_array(vectors)
    numbers = array.tocsr().data if is_sparse(array) else array
    return numbers.dtype.kind == "f" and bool(np.isnan(numbers).any())
