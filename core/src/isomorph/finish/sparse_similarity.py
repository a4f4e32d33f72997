"""How alike two sets of sparse vectors are, without making them dense."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.finish.similarity import check_name
from isomorph.finish.sparse import as_csr, check_width

Array = NDArray[Any]


def similarity(name: str, a: Any, b: Any) -> Array:
    """Every row of `a` (m, V) against every row of `b` (n, V) -> float32 (m, n).

    Distances come negated. They are summed in float64 from one row of `a` and the stored numbers of
    `b`: where b is 0 a term is that of a alone, so that |a - b| = sum |a| + sum (|b - a| - |a|) over
    the columns that b stores, and likewise for squares.

    Raises:
        InputError: the sizes differ, or there is no such similarity.
    """
    check_name(name)
    left, right = as_csr(a), as_csr(b)
    check_width(left, right)
    if name == "dot":
        return _dense(left @ right.T)
    if name == "cosine":
        return _dense(_normalized(left) @ _normalized(right).T)
    if name == "euclidean":
        return -np.sqrt(np.maximum(_differences(left, right, np.square), 0)).astype(np.float32)
    return -_differences(left, right, np.abs).astype(np.float32)


def similarity_pairwise(name: str, a: Any, b: Any) -> Array:
    """Row i of `a` against row i of `b`, both (n, V) -> float32 (n,).

    Raises:
        InputError: the shapes differ, or there is no such similarity.
    """
    check_name(name)
    left, right = as_csr(a), as_csr(b)
    if left.shape != right.shape:
        raise InputError(f"Pairs need equal shapes; these are {left.shape} and {right.shape}.")
    if name in ("dot", "cosine"):
        if name == "cosine":
            left, right = _normalized(left), _normalized(right)
        return _row_sums(left.multiply(right))
    apart = left - right
    if name == "euclidean":
        return -np.sqrt(_row_sums(apart.multiply(apart)))
    return -_row_sums(abs(apart))


def _differences(left: Any, right: Any, measure: Any) -> Array:
    """Sums of `measure` of the differences of all rows, in float64 (m, n)."""
    stored = right.data.astype(np.float64)
    rows = np.repeat(np.arange(right.shape[0]), np.diff(right.indptr))
    result = np.zeros((left.shape[0], right.shape[0]))
    row = np.zeros(left.shape[1])
    for index in range(left.shape[0]):
        begin, end = left.indptr[index : index + 2]
        columns = left.indices[begin:end]
        row[columns] = left.data[begin:end]
        there = row[right.indices]
        terms = measure(stored - there) - measure(there)
        result[index] = measure(row[columns]).sum() + np.bincount(rows, terms, right.shape[0])
        row[columns] = 0
    return result


def _normalized(matrix: Any) -> Any:
    """Each row divided by its length, where that is not 0."""
    lengths = np.sqrt(np.bincount(_row_of_each(matrix), matrix.data.astype(np.float64) ** 2))
    scaled = matrix.copy()
    scaled.data = (matrix.data / lengths[_row_of_each(matrix)]).astype(np.float32)
    return scaled


def _row_of_each(matrix: Any) -> Array:
    return np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))


def _row_sums(matrix: Any) -> Array:
    return np.asarray(matrix.sum(axis=1), np.float32).reshape(-1)


def _dense(matrix: Any) -> Array:
    return np.asarray(matrix.toarray(), np.float32)
