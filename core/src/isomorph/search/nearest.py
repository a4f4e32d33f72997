"""The nearest of many vectors, with no more scores in memory than a block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.postprocess.arrays import as_array, as_matrix, as_vectors, is_sparse
from isomorph.postprocess.largest import largest
from isomorph.postprocess.scores import cos_sim, dot_score
from isomorph.postprocess.tensors import is_sparse_tensor
from isomorph.postprocess.vectors import normalize

Array = NDArray[Any]
Score = Callable[[Any, Any], Any]
MOST_SCORES = 1 << 24
"""Scores that are held at once, whatever the chunks: 64 MB of float32."""


def nearest(
    queries: Any,
    corpus: Any,
    k: int,
    score: Score = cos_sim,
    query_chunk: int = 100,
    corpus_chunk: int = 500_000,
) -> tuple[Array, Array]:
    """The `k` best of a corpus for each query, best first, equal scores in the order of the corpus.

    Args:
        queries: (m, dim), or what else `score` takes; can be sliced and has a length.
        corpus: (n, dim), or what else `score` takes; can be sliced and has a length.
        k: how many; fewer where the corpus is smaller.
        score: queries and a part of the corpus -> (queries, part). NaN counts as -inf.
        query_chunk: at most so many queries at a time.
        corpus_chunk: at most so many of the corpus at a time.

    Returns:
        Scores (m, k) and indices into the corpus (m, k) int64.

    Raises:
        InputError: what `score` raises.
    """
    m, n = size(queries), size(corpus)
    step = max(1, min(corpus_chunk, MOST_SCORES // max(1, min(query_chunk, m))))
    once, score = (_unit, dot_score) if score is cos_sim else (_as_it_is, score)
    best: list[tuple[Array, Array] | None] = [None] * len(range(0, m, query_chunk))
    for start in range(0, n, step):
        part = once(_cut(corpus, start, min(start + step, n)))
        for i, rows in enumerate(_parts(queries, m, query_chunk)):
            scores = _matrix(score(once(rows), part), (size(rows), size(part)))
            values, places = largest(scores, k)
            best[i] = merged(best[i], (values, places + start), k)
    found = [each for each in best if each is not None]
    if not found:
        return np.zeros((m, 0), np.float32), np.zeros((m, 0), np.int64)
    return np.concatenate([v for v, _ in found]), np.concatenate([p for _, p in found])


def sliceable(vectors: Any) -> Any:
    """What can be cut into parts of rows: lists become arrays, sparse tensors scipy's CSR.

    Arrays and dense tensors stay what they are, since a function of the caller's gets parts of them.
    """
    whole = hasattr(vectors, "shape") and not is_sparse_tensor(vectors)
    array = vectors if whole else as_vectors(vectors)
    if is_sparse(array):
        array = array.tocsr()
    if not len(array.shape) or isinstance(array, np.ndarray):
        array = as_vectors(array)
    if len(array.shape) == 1 and array.shape[0]:
        array = array.reshape(1, -1)
    return array


def size(vectors: Any) -> int:
    """How many there are; sparse matrices refuse `len`."""
    return int(vectors.shape[0]) if hasattr(vectors, "shape") else len(vectors)


def _parts(vectors: Any, n: int, step: int) -> Iterator[Any]:
    return (_cut(vectors, start, min(start + step, n)) for start in range(0, n, step))


def _cut(vectors: Any, start: int, end: int) -> Any:
    """Some of the vectors, in the form that they have: sparse tensors cannot be sliced."""
    if is_sparse_tensor(vectors):
        return vectors.to_sparse_coo().narrow_copy(0, start, end - start)
    return vectors[start:end]


def _unit(vectors: Any) -> Any:
    return normalize(as_matrix(vectors))


def _as_it_is(vectors: Any) -> Any:
    return vectors


def _matrix(scores: Any, shape: tuple[int, int]) -> Array:
    array: Array = np.asarray(as_array(scores))
    if array.shape != shape:
        raise InputError(
            f"A score function returns (queries, corpus), here {shape}, not {array.shape}."
        )
    return array


def merged(
    before: tuple[Array, Array] | None, after: tuple[Array, Array], k: int
) -> tuple[Array, Array]:
    """The `k` best of two rankings (queries, ·); where scores are equal those `before` win."""
    if before is None:
        return after
    values, places = (np.concatenate(pair, axis=1) for pair in zip(before, after, strict=True))
    values, order = largest(values, k)
    return values, np.take_along_axis(places, order, axis=1)
