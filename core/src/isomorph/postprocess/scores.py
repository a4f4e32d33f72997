"""How alike vectors are: every row against every other, or row by row.

All take arrays, tensors, lists or scipy's sparse matrices, and return arrays: float32, or float64
where a side is; for tensors they return tensors, on the CPU. Distances come negated, so that larger
is always more alike. Row by row, a side may also be a single vector, which stands beside all rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.postprocess.arrays import as_matrix, is_sparse
from isomorph.postprocess.sparse_distances import differences
from isomorph.postprocess.tensors import of_given_type
from isomorph.postprocess.vectors import normalize

Array = NDArray[Any]
BUDGET = 1 << 24  # numbers that are held at once beside inputs and result: 64 MB of float32
CANCELLED = 1e-2  # of the squared lengths; below that the expansion has lost a third of its digits


@of_given_type
def cos_sim(a: Any, b: Any) -> Array:
    """The cosine of every row of `a` (m, dim) and every row of `b` (n, dim) -> (m, n).

    Raises:
        InputError: the dimensions differ.
    """
    left, right = _matrices(a, b)
    return _dense(normalize(left) @ normalize(right).T)


@of_given_type
def dot_score(a: Any, b: Any) -> Array:
    """The dot product of every row of `a` (m, dim) and every row of `b` (n, dim) -> (m, n).

    Raises:
        InputError: the dimensions differ.
    """
    left, right = _matrices(a, b)
    return _dense(left @ right.T)


@of_given_type
def euclidean_sim(a: Any, b: Any) -> Array:
    """The negated distance of every row of `a` (m, dim) and every row of `b` (n, dim) -> (m, n).

    Computed as |a|² - 2ab + |b|², and again from the differences where that cancels or leaves the
    range of floats, so that small distances keep their digits and large ones are no NaN.

    Raises:
        InputError: the dimensions differ.
    """
    left, right = _matrices(a, b)
    if is_sparse(left) or is_sparse(right):
        apart = differences(left, right, np.square)
        return np.asarray(-np.sqrt(np.maximum(apart, 0)), np.float32)
    lengths = _squares(left)[:, None] + _squares(right)[None, :]
    squared = lengths - 2 * _dense(left @ right.T)
    rows, columns = np.nonzero(~((squared >= CANCELLED * lengths) & (squared < np.inf)))
    step = max(1, BUDGET // max(1, left.shape[1]))
    for start in range(0, len(rows), step):
        i, j = rows[start : start + step], columns[start : start + step]
        squared[i, j] = _squares(left[i] - right[j])
    return np.asarray(-np.sqrt(np.maximum(squared, 0)))


@of_given_type
def manhattan_sim(a: Any, b: Any) -> Array:
    """The negated sum of differences of every row of `a` and every row of `b` -> (m, n).

    Raises:
        InputError: the dimensions differ.
    """
    left, right = _matrices(a, b)
    if is_sparse(left) or is_sparse(right):
        return np.asarray(-differences(left, right, np.abs), np.float32)
    result = np.empty((left.shape[0], right.shape[0]), np.result_type(left, right))
    step = max(1, BUDGET // max(1, right.shape[1]))
    for start in range(0, right.shape[0], step):
        block = right[start : start + step]
        for i, row in enumerate(left):
            result[i, start : start + step] = -np.abs(block - row).sum(axis=-1)
    return result


@of_given_type
def pairwise_cos_sim(a: Any, b: Any) -> Array:
    """The cosine of row i of `a` and row i of `b`, both (n, dim) -> (n,).

    Raises:
        InputError: the shapes differ.
    """
    left, right = _pairs(a, b)
    return _products(normalize(left), normalize(right))


@of_given_type
def pairwise_dot_score(a: Any, b: Any) -> Array:
    """The dot product of row i of `a` and row i of `b`, both (n, dim) -> (n,).

    Raises:
        InputError: the shapes differ.
    """
    return _products(*_pairs(a, b))


@of_given_type
def pairwise_euclidean_sim(a: Any, b: Any) -> Array:
    """The negated distance of row i of `a` and row i of `b`, both (n, dim) -> (n,).

    Raises:
        InputError: the shapes differ.
    """
    left, right = _pairs(a, b)
    return np.asarray(-np.sqrt(_squares(left - right)))


@of_given_type
def pairwise_manhattan_sim(a: Any, b: Any) -> Array:
    """The negated sum of differences of row i of `a` and row i of `b`, both (n, dim) -> (n,).

    Raises:
        InputError: the shapes differ.
    """
    left, right = _pairs(a, b)
    return np.asarray(-np.ravel(abs(left - right).sum(axis=1)))


@of_given_type
def pairwise_angle_sim(a: Any, b: Any) -> Array:
    """|cos + sin| of row i of `a` and row i of `b`, both (n, dim) -> (n,).

    The first half of the features are real parts, the second imaginary ones, as in AnglE (Li and Li
    2023, arXiv:2309.12871); an odd dimension gets a zero.

    Raises:
        InputError: the shapes differ.
    """
    left, right = (normalize(_dense(each)) for each in _pairs(a, b))
    odd = left.shape[1] % 2
    left, right = (np.pad(each, ((0, 0), (0, odd))) for each in (left, right))
    half = left.shape[1] // 2
    sines = _products(left[:, half:], right[:, :half]) - _products(left[:, :half], right[:, half:])
    return np.asarray(np.abs(_products(left, right) + sines))


def _matrices(a: Any, b: Any) -> tuple[Any, Any]:
    """Both sides as matrices of one width; an empty list is no rows of any width."""
    left, right = as_matrix(a), as_matrix(b)
    if not left.size and not left.shape[-1]:
        left = left.reshape(0, right.shape[-1])
    if not right.size and not right.shape[-1]:
        right = right.reshape(0, left.shape[-1])
    if left.shape[-1] != right.shape[-1]:
        raise InputError(
            f"Vectors of {left.shape[-1]} and {right.shape[-1]} features do not compare."
        )
    return left, right


def _pairs(a: Any, b: Any) -> tuple[Any, Any]:
    """Two matrices of equal shape; a side of one row stands beside every row of the other."""
    left, right = as_matrix(a), as_matrix(b)
    counts = {left.shape[0], right.shape[0]} - {1}
    if left.shape[1] != right.shape[1] or len(counts) > 1:
        raise InputError(f"Pairs need equal shapes; these are {left.shape} and {right.shape}.")
    rows = counts.pop() if counts else 1
    return _repeated(left, rows), _repeated(right, rows)


def _repeated(matrix: Any, rows: int) -> Any:
    if matrix.shape[0] == rows:
        return matrix
    if is_sparse(matrix):
        return matrix[np.zeros(rows, np.int64)]
    return np.broadcast_to(matrix, (rows, matrix.shape[1]))


def _dense(matrix: Any) -> Array:
    return np.asarray(matrix.toarray() if is_sparse(matrix) else matrix)


def _squares(matrix: Any) -> Array:
    """The squared length of each row."""
    return _products(matrix, matrix)


def _products(left: Any, right: Any) -> Array:
    """Row by row; a dense side makes the result of a sparse one dense."""
    if is_sparse(left) or is_sparse(right):
        product = left.multiply(right) if is_sparse(left) else right.multiply(left)
        return np.asarray(product.sum(axis=1)).ravel()
    return np.asarray(np.einsum("ij,ij->i", left, right))
