"""Sparse vectors by choice: only the features that weigh most."""

from __future__ import annotations

from typing import Any

import numpy as np

from isomorph.arguments.rules import checked
from isomorph.postprocess.arrays import as_vectors, is_sparse
from isomorph.postprocess.largest import largest
from isomorph.postprocess.tensors import of_same_type


@checked
@of_same_type
def select_max_active_dims(embeddings: Any, max_active_dims: int | None) -> Any:
    """Keeps the `max_active_dims` features of each vector that are largest by absolute value.

    Args:
        embeddings: (..., dim), dense or scipy's sparse matrix; not changed.
        max_active_dims: how many; None keeps the vectors as they are.

    Returns:
        A new array of the same shape, or a CSR matrix for a sparse one; for a tensor a tensor of its type.
        Of equal features the first are kept.

    Raises:
        InputError: `max_active_dims` is less than 1.
    """
    if max_active_dims is None:
        return embeddings
    array = as_vectors(embeddings)
    if is_sparse(array):
        return _stored(array.tocsr().copy(), max_active_dims)
    if not array.size:
        return array.copy()
    rows = array.reshape(-1, array.shape[-1])
    whole = rows.dtype.kind != "f"  # -128 has no absolute value among int8
    _, places = largest(np.abs(rows.astype(np.float64) if whole else rows), max_active_dims)
    kept = np.zeros_like(rows)
    np.put_along_axis(kept, places, np.take_along_axis(rows, places, axis=1), axis=1)
    return kept.reshape(array.shape)


def _stored(matrix: Any, k: int) -> Any:
    """Only stored numbers compete; the others are zero."""
    matrix.sort_indices()
    for start, end in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True):
        weights = matrix.data[start:end]
        weights[np.argsort(-np.abs(weights), kind="stable")[k:]] = 0
    matrix.eliminate_zeros()
    return matrix
