"""What callers hand in as vectors: arrays, tensors, lists and sparse matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.messages.shown import shown
from isomorph.postprocess.sparse import as_csr
from isomorph.postprocess.tensors import is_sparse_tensor

Array = NDArray[Any]


def is_sparse(vectors: Any) -> bool:
    """Whether these are scipy's sparse matrices; asked of the object, so that scipy is not loaded."""
    return hasattr(vectors, "tocsr")


def as_array(vectors: Any) -> Any:
    """A dense array in the type it has, or a sparse matrix; lists of vectors are stacked.

    Tensors are taken off their graph and device by the methods that they have; bfloat16 becomes
    float32. Numbers that nobody gave a type become float32.

    Raises:
        InputError: these are no vectors, or those of a list differ in length.
    """
    if is_sparse(vectors) or (isinstance(vectors, np.ndarray) and vectors.dtype.kind in "fiub"):
        return vectors
    if hasattr(vectors, "detach"):
        return _off_device(vectors.detach())
    if isinstance(vectors, list | tuple):
        return _stacked([as_array(each) if hasattr(each, "dtype") else each for each in vectors])
    return _of_numbers(vectors)


def as_vectors(vectors: Any) -> Any:
    """As `as_array`, with at least one axis.

    Raises:
        InputError: there is none, or as `as_array`.
    """
    array = as_array(vectors)
    if not array.ndim:
        raise InputError(f"Vectors are (n, dim) or (dim,), not a single number: {shown(vectors)}.")
    return array


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
    if array.ndim not in (1, 2):
        raise InputError(f"Vectors are (n, dim) or (dim,), not an array of shape {array.shape}.")
    return array.reshape(1, -1) if array.ndim < 2 else array


def _stacked(rows: list[Any]) -> Any:
    if rows and all(is_sparse(row) for row in rows):
        return as_csr(rows)
    if rows and all(isinstance(row, np.ndarray) for row in rows):
        if len({row.shape for row in rows}) > 1:
            raise InputError(
                f"The {len(rows)} vectors differ in length; (tokens, dim) matrices are compared by maxsim."
            )
        return np.stack(rows)
    return _of_numbers(rows)


def _of_numbers(source: Any) -> Array:
    """An array of bare numbers in float32: numpy makes float64 of them, which nobody asked for.

    Raises:
        InputError: they are no numbers, or lists of them that differ in length.
    """
    try:
        array = np.asarray(source)
        absent = array.dtype.kind == "O" and any(each is None for each in array.flat)
        if absent or array.dtype.kind in "USTMmc":  # which would become numbers
            raise TypeError
        typed = hasattr(_first(source), "dtype") and array.dtype.kind in "fiub"
        return array if typed else array.astype(np.float32)
    except (TypeError, ValueError, OverflowError):
        raise InputError(
            f"These are no vectors, or they differ in length: {shown(source)}. Pass an array (n, dim), or "
            "a list of vectors (dim,)."
        ) from None


def _first(source: Any) -> Any:
    while isinstance(source, list | tuple) and len(source):
        source = source[0]
    return source


def _off_device(tensor: Any) -> Any:
    if is_sparse_tensor(tensor):
        return as_csr(tensor)
    tensor = tensor.cpu()
    try:
        array = tensor.numpy()
    except TypeError:  # a type that numpy lacks
        array = tensor.float().numpy()
    if array.dtype.kind not in "fiub":
        raise InputError(f"Vectors are of real numbers, not of {array.dtype}.")
    return array
