"""Semantic search: the texts whose vectors are nearest to that of a query."""

from __future__ import annotations

from typing import Any

from isomorph.arguments.rules import COUNT, FUNCTION, checking
from isomorph.postprocess.scores import cos_sim
from isomorph.search.nearest import Score, nearest, sliceable


@checking(query_chunk_size=COUNT, corpus_chunk_size=COUNT, top_k=COUNT, score_function=FUNCTION)
def semantic_search(
    query_embeddings: Any,
    corpus_embeddings: Any,
    query_chunk_size: int = 100,
    corpus_chunk_size: int = 500_000,
    top_k: int = 10,
    score_function: Score = cos_sim,
) -> list[list[dict[str, int | float]]]:
    """The best of a corpus for each query. Exact: every query is compared with everything.

    Args:
        query_embeddings: (m, dim), or (dim,) for one query: array, tensor, list or scipy's CSR.
        corpus_embeddings: (n, dim): array, tensor, list, scipy's CSR, or a memory map in a narrow type.
        query_chunk_size: at most so many queries at a time.
        corpus_chunk_size: at most so many of the corpus at a time; fewer are taken where the scores of
            a chunk would not fit in 64 MB, which changes no result.
        top_k: how many for each query.
        score_function: parts of both, as they were given, to (queries, part of the corpus).

    Returns:
        For each query a list of ``{"corpus_id": int, "score": float}``, best first, equal scores in the
        order of the corpus. An empty corpus gives empty lists. A vector that holds NaN scores -inf.

    Raises:
        InputError: a number below 1, or dimensions that differ.
    """
    scores, places = nearest(
        sliceable(query_embeddings),
        sliceable(corpus_embeddings),
        top_k,
        score_function,
        query_chunk_size,
        corpus_chunk_size,
    )
    return [
        [{"corpus_id": i, "score": s} for i, s in zip(ids, values, strict=True)]
        for ids, values in zip(places.tolist(), scores.tolist(), strict=True)
    ]
