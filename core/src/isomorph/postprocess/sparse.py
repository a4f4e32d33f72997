"""Sparse vectors: rows as they are kept, and whole batches in scipy's CSR form.

CSR here is float32 with sorted column indices and without stored zeros. scipy is not needed by the
rest of isomorph and is loaded when a sparse result is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.machine.optional import Library
from isomorph.postprocess.tensors import coordinates, is_tensor

SPARSE = Library(
    "scipy",
    "Sparse vectors need scipy",
    otherwise="Or ask for dense vectors with convert_to_sparse_tensor=False.",
)


@dataclass(frozen=True, slots=True)
class SparseRow:
    """What of a vector of `size` numbers is not zero: int32 columns, ascending, and float32 values."""

    columns: NDArray[np.int32]
    values: NDArray[np.float32]
    size: int


@dataclass(frozen=True, slots=True)
class Largest:
    """What a call keeps of a text's vector: see `sparse_row`."""

    most: int | None = None

    def __call__(self, vector: NDArray[Any], ids: NDArray[np.int64]) -> SparseRow:
        """The row of a vector (V,); the token ids do not matter."""
        return sparse_row(vector, self.most)


def sparse_row(vector: NDArray[Any], most: int | None = None) -> SparseRow:
    """The numbers of a vector (V,) that are not zero, the `most` largest of them by magnitude.

    Of equal magnitudes at the edge those of lower columns stay.
    """
    columns = np.flatnonzero(vector)
    if most is not None and len(columns) > most:
        order = np.argsort(-np.abs(vector[columns]), kind="stable")
        columns = np.sort(columns[order[:most]])
    values = vector[columns].astype(np.float32, copy=False)
    return SparseRow(columns.astype(np.int32), values, len(vector))


def from_rows(rows: Sequence[SparseRow], size: int) -> Any:
    """One CSR array (rows, V) of rows; `size` is V where there are none."""
    counts = np.fromiter((len(row.columns) for row in rows), np.int64, len(rows))
    starts = np.concatenate([[0], np.cumsum(counts)])
    columns = np.concatenate([np.zeros(0, np.int32), *(row.columns for row in rows)])
    values = np.concatenate([np.zeros(0, np.float32), *(row.values for row in rows)])
    width = rows[0].size if rows else size
    return SPARSE.module("sparse").csr_array((values, columns, starts), shape=(len(rows), width))


def dense(rows: Sequence[SparseRow], size: int) -> NDArray[np.float32]:
    """A numpy array (rows, V) of rows; `size` is V where there are none."""
    matrix = np.zeros((len(rows), rows[0].size if rows else size), np.float32)
    for place, row in zip(matrix, rows, strict=True):
        place[row.columns] = row.values
    return matrix


def as_csr(vectors: Any) -> Any:
    """Any vector or batch of vectors as CSR (rows, V); a single vector is one row.

    Takes scipy's sparse forms, numpy arrays, dense and sparse tensors, and lists of any of them.

    Raises:
        InputError: it has more than two axes, or cannot be read as numbers.
        Unsupported: scipy is not installed.
    """
    library = SPARSE.module("sparse")
    if isinstance(vectors, list | tuple) and vectors and not np.isscalar(vectors[0]):
        rows = [as_csr(row) for row in vectors]
        for row in rows:
            check_width(rows[0], row)
        return _clean(library.vstack(rows, format="csr"))
    if is_tensor(vectors):
        _check_axes(len(vectors.shape))
        where, values, shape = coordinates(vectors)
        if len(shape) == 1:
            where, shape = np.stack([np.zeros_like(where[0]), where[0]]), (1, *shape)
        vectors = library.coo_array((values, tuple(where)), shape=shape)
    elif library.issparse(vectors):
        _check_axes(len(vectors.shape))
        if len(vectors.shape) == 1:
            vectors = vectors.reshape((1, -1))
    else:
        vectors = _as_numbers(vectors)
        _check_axes(vectors.ndim)
        vectors = np.atleast_2d(vectors)
    return _clean(library.csr_array(vectors))


def axes(vectors: Any) -> int:
    """How many axes vectors have: 1 for a single vector, 2 for a batch."""
    if isinstance(vectors, list | tuple):
        return 1 + axes(vectors[0]) if vectors else 1
    return len(getattr(vectors, "shape", ()))


def sparsity(vectors: Any) -> dict[str, float]:
    """How many numbers of a vector are not zero on average, and the share of those that are.

    Both as floats under ``active_dims`` and ``sparsity_ratio``; 0 and 1 where there are no vectors.
    """
    matrix = as_csr(vectors)
    rows, size = matrix.shape
    if not rows or not size:
        return {"active_dims": 0.0, "sparsity_ratio": 1.0}
    active = matrix.nnz / rows
    return {"active_dims": float(active), "sparsity_ratio": float(1 - active / size)}


def intersection(one: Any, others: Any) -> Any:
    """Products of a vector with one or many others where they are above 0: CSR (rows, V).

    Raises:
        InputError: the first is more than one vector, or they differ in size.
    """
    left, right = as_csr(one), as_csr(others)
    if left.shape[0] != 1:
        raise InputError(f"intersection takes one vector first, not {left.shape[0]} of them.")
    check_width(left, right)
    product = right.multiply(left).tocsr()
    product.data[product.data < 0] = 0
    return _clean(product)


def ranked(vectors: Any, top_k: int | None) -> list[list[tuple[int, float]]]:
    """For each vector its columns and values, the largest value first, at most `top_k` of them."""
    matrix = as_csr(vectors)
    found = []
    for begin, end in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True):
        columns, values = matrix.indices[begin:end], matrix.data[begin:end]
        order = np.argsort(-values, kind="stable")[:top_k]
        found.append(list(zip(columns[order].tolist(), values[order].tolist(), strict=True)))
    return found


def check_width(left: Any, right: Any) -> None:
    """Refuses vectors of different sizes."""
    if left.shape[1] != right.shape[1]:
        raise InputError(
            f"Vectors of {left.shape[1]} and {right.shape[1]} features do not compare."
        )


def _clean(matrix: Any) -> Any:
    """Float32, sorted, without zeros; a matrix that is so already is left alone."""
    if matrix.dtype != np.float32:
        matrix = matrix.astype(np.float32)
    if not matrix.has_canonical_format or not matrix.data.all():
        matrix = matrix.copy()
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
    return matrix


def _as_numbers(vectors: Any) -> NDArray[Any]:
    try:
        return np.asarray(vectors, np.float32)
    except (TypeError, ValueError, OverflowError) as cause:
        raise InputError(f"{type(vectors).__name__} cannot be read as vectors: {cause}") from cause


def _check_axes(count: int) -> None:
    if count not in (1, 2):
        raise InputError(
            f"Input tensor must be 1D or 2D, a vector or a batch of them; this has {count} axes."
        )
