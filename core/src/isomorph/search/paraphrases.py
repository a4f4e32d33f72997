"""Paraphrase mining: the pairs of a collection that are most alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from isomorph.arguments.rules import COUNT, FUNCTION, checking
from isomorph.errors import InputError
from isomorph.messages.shown import shown
from isomorph.postprocess.scores import cos_sim
from isomorph.preprocess.inputs import as_list
from isomorph.search.nearest import Score, nearest, size, sliceable

Array = NDArray[Any]
Pairs = tuple[Array, Array, Array]


_NUMBERS = {
    **dict.fromkeys(("query_chunk_size", "corpus_chunk_size", "max_pairs", "top_k"), COUNT),
    "score_function": FUNCTION,
}


class EmbeddingModel(Protocol):
    """What paraphrase mining needs of a model."""

    def encode(self, inputs: Any, **kwargs: Any) -> Any:
        """Vectors of texts."""
        ...


@checking(batch_size=COUNT, **_NUMBERS)
def paraphrase_mining(
    model: EmbeddingModel,
    sentences: Sequence[str],
    show_progress_bar: bool = False,
    batch_size: int = 32,
    query_chunk_size: int = 5000,
    corpus_chunk_size: int = 100_000,
    max_pairs: int = 500_000,
    top_k: int = 100,
    score_function: Score = cos_sim,
    truncate_dim: int | None = None,
    prompt_name: str | None = None,
    prompt: str | None = None,
) -> list[list[float | int]]:
    """Encodes texts and returns the pairs that are most alike.

    Args:
        model: anything with `encode`.
        sentences: the texts.
        show_progress_bar: handed to `encode`.
        batch_size: handed to `encode`.
        query_chunk_size: how many texts are compared with others at a time.
        corpus_chunk_size: how many texts a block of queries is compared with at a time.
        max_pairs: the most pairs that are returned.
        top_k: how many of the most similar texts of each text are looked at.
        score_function: compares two matrices of vectors, (m, dim) and (n, dim) -> (m, n).
        truncate_dim: handed to `encode` where it is given.
        prompt_name: handed to `encode` where it is given.
        prompt: handed to `encode` where it is given.

    Returns:
        As `paraphrase_mining_embeddings`.
    """
    options = {"truncate_dim": truncate_dim, "prompt_name": prompt_name, "prompt": prompt}
    named: object = model
    if isinstance(named, str) or not callable(getattr(model, "encode", None)):  # texts have one too
        raise InputError(f"model is {shown(model)}, which has no method encode.")
    embeddings = model.encode(
        as_list(sentences, "sentences"),
        batch_size=batch_size,
        show_progress_bar=show_progress_bar,
        **{name: value for name, value in options.items() if value is not None},
    )
    return paraphrase_mining_embeddings(
        embeddings, query_chunk_size, corpus_chunk_size, max_pairs, top_k, score_function
    )


@checking(**_NUMBERS)
def paraphrase_mining_embeddings(
    embeddings: Any,
    query_chunk_size: int = 5000,
    corpus_chunk_size: int = 100_000,
    max_pairs: int = 500_000,
    top_k: int = 100,
    score_function: Score = cos_sim,
) -> list[list[float | int]]:
    """The pairs of vectors that are most alike.

    Args:
        embeddings: (n, dim): array, tensor, list or scipy's CSR.
        query_chunk_size: so many vectors are compared with all at a time.
        corpus_chunk_size: at most so many others at a time.
        max_pairs: at most so many pairs are returned.
        top_k: for each vector only so many of its nearest are considered.
        score_function: as of `semantic_search`; taken to be symmetric.

    Returns:
        ``[score, i, j]`` with i < j, best first, equal scores by i and j. Each pair once.

    Raises:
        InputError: a number below 1.
    """
    vectors = sliceable(embeddings)
    n = size(vectors)
    kept: Pairs = (np.zeros(0, np.float32), np.zeros(0, np.int64), np.zeros(0, np.int64))
    for start in range(0, n, query_chunk_size):
        rows = vectors[start : start + query_chunk_size]
        scores, others = nearest(rows, vectors, top_k + 1, score_function, 100, corpus_chunk_size)
        kept = _best(kept, _without_itself(scores, others, start, top_k), n, max_pairs)
    columns = (column.tolist() for column in kept)
    return [[score, i, j] for score, i, j in zip(*columns, strict=True)]


def _without_itself(scores: Array, others: Array, start: int, k: int) -> Pairs:
    """The `k` nearest of each row, but for the row itself, as pairs of a lower and a higher index."""
    own = np.arange(start, start + len(others))[:, None]
    real = (others != own) & (scores > -np.inf)
    real &= np.cumsum(real, axis=1) <= k
    rows = np.broadcast_to(own, others.shape)[real]
    return scores[real], np.minimum(rows, others[real]), np.maximum(rows, others[real])


def _best(kept: Pairs, new: Pairs, n: int, max_pairs: int) -> Pairs:
    """The first of each pair that was found from both sides, and of those the `max_pairs` best."""
    scores, lower, higher = (np.concatenate(pair) for pair in zip(kept, new, strict=True))
    _, first = np.unique(lower * n + higher, return_index=True)
    order = first[np.argsort(-scores[first], kind="stable")][:max_pairs]
    return scores[order], lower[order], higher[order]
