"""What callers hand in as vectors: arrays, tensors, lists and sparse matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.finish.sparse import as_csr

Array = NDArray[Any]


def is_sparse(vectors: Any) -> bool:
    """Whether these are scipy's sparse matrices; asked of the object, so that scipy is not loaded."""
    return hasattr(vectors, "tocsr")


def as_array(vectors: Any) -> Any:
    """A dense array in the type it has, or a sparse matrix; lists of vectors are stacked.

    Tensors are taken off their graph and device by the methods that they have; bfloat16 becomes
    float32. Numbers that nobody gave a type become float32.

    Raises:
        InputError: the vectors of a list differ in length.
    """
    if isinstance(vectors, np.ndarray) or is_sparse(vectors):
        return vectors
    if hasattr(vectors, "detach"):
        return _off_device(vectors.detach())
    if isinstance(vectors, list | tuple):
        return _stacked([as_array(each) if hasattr(each, "dtype") else each for each in vectors])
    return _widened(np.asarray(vectors), vectors)


def as_matrix(vectors: Any) -> Any:
    """At least float32 and two axes: (n, dim), dense or scipy's CSR. A single vector is one row.

    Raises:
        InputError: there are more axes, or the vectors of a list differ in length.
    """
    array = as_array(vectors)
    if is_sparse(array):
        array = array.tocsr()
    if array.dtype.kind != "f" or array.dtype.itemsize < 4:
        array = array.astype(np.float32)
    if array.ndim > 2:
        raise InputError(f"Vectors are (n, dim) or (dim,), not an array of shape {array.shape}.")
    return array.reshape(1, -1) if array.ndim < 2 else array


def _stacked(rows: list[Any]) -> Any:
    if rows and all(is_sparse(row) for row in rows):
        return as_csr(rows)
    try:
        array = np.stack(rows) if rows and hasattr(rows[0], "dtype") else np.asarray(rows)
    except ValueError:
        raise InputError(
            f"The {len(rows)} vectors differ in length; (tokens, dim) matrices are compared by maxsim."
        ) from None
    return _widened(array, rows)


def _widened(array: Array, source: object) -> Array:
    """numpy makes float64 of bare numbers, which nobody asked for."""
    while isinstance(source, list | tuple) and len(source):
        source = source[0]
    return array if hasattr(source, "dtype") else array.astype(np.float32)


def _off_device(tensor: Any) -> Any:
    if getattr(tensor, "is_sparse", False):
        return as_csr(tensor)
    tensor = tensor.cpu()
    try:
        return tensor.numpy()
    except TypeError:  # a type that numpy lacks
        return tensor.float().numpy()
