"""Results as torch tensors, where the caller asks for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.machine.optional import Library
from isomorph.messages.shown import shown

LIBRARY = "torch"
TENSORS = Library(
    LIBRARY,
    f"convert_to_tensor=True needs {LIBRARY}",
    otherwise="Leave it out to get numpy arrays.",
)
P = ParamSpec("P")


def of_given_type(function: Callable[P, Any]) -> Callable[P, Any]:
    """Makes a function of vectors answer tensors where it is asked with tensors."""

    @wraps(function)
    def answered(*args: P.args, **kwargs: P.kwargs) -> Any:
        return as_given(function(*args, **kwargs), *args, *kwargs.values())

    return answered


def as_given(result: Any, *inputs: Any) -> Any:
    """A tensor where one of the inputs, or of what they list, is one; else what `result` is.

    A dense array becomes one for a tensor, and a sparse matrix for a sparse tensor.
    """
    firsts = (each[0] if isinstance(each, list | tuple) and each else each for each in inputs)
    given = [each for each in firsts if is_tensor(each)]
    if isinstance(result, np.ndarray):
        return as_tensor(result) if given else result
    sparse = [each for each in given if is_sparse_tensor(each)]
    if not sparse or not hasattr(result, "tocsr"):
        return result
    rows = result.tocsr()
    rows.sum_duplicates()
    return as_sparse_tensor(rows, single=len(sparse[0].shape) == 1)


def of_same_type(function: Callable[P, Any]) -> Callable[P, Any]:
    """As `of_given_type`, and floats of the number type that the first argument has as a tensor."""

    @wraps(function)
    def answered(*args: P.args, **kwargs: P.kwargs) -> Any:
        given: Any = next(iter((*args, *kwargs.values())), None)
        found = as_given(function(*args, **kwargs), given)
        floats = is_tensor(given) and is_tensor(found) and given.is_floating_point()
        return found.to(given.dtype) if floats else found

    return answered


def as_tensor(array: NDArray[Any]) -> Any:
    """A tensor on the CPU that shares the array's memory.

    Raises:
        Unsupported: the library is not installed.
    """
    return TENSORS.module().from_numpy(array)


def tensor_of(result: Any) -> Any:
    """A tensor in place of an array; a tensor as it is.

    Raises:
        Unsupported: the library is not installed.
    """
    return result if is_tensor(result) else as_tensor(np.asarray(result))


def as_sparse_tensor(matrix: Any, single: bool) -> Any:
    """A coalesced COO tensor of the numbers of a CSR matrix (rows, V), or (V,) of its only row.

    Raises:
        Unsupported: the library is not installed.
    """
    library = TENSORS.module()
    parts = matrix.tocoo()
    where, shape = [parts.row, parts.col], tuple(matrix.shape)
    if single:
        where, shape = where[1:], shape[1:]
    indices = library.from_numpy(np.stack(where).astype(np.int64))
    values = library.from_numpy(parts.data.copy())
    # CSR is sorted and without duplicates, so there is nothing to check and nothing to sum.
    options = {"check_invariants": False, "is_coalesced": True}
    return library.sparse_coo_tensor(indices, values, shape, **options)


def is_tensor(value: Any) -> bool:
    """Whether it is one of the library's; without importing it, since then it is imported already."""
    return type(value).__module__.partition(".")[0] == LIBRARY


def is_sparse_tensor(value: Any) -> bool:
    """Whether it is a tensor that keeps only some of its numbers, in whatever layout."""
    return "sparse" in str(getattr(value, "layout", ""))


def coordinates(tensor: Any) -> tuple[NDArray[Any], NDArray[Any], tuple[int, ...]]:
    """Indices (axes, n), float32 values (n,) and shape of a dense or sparse tensor on any device."""
    stored = tensor.detach().cpu().float()
    if not is_sparse_tensor(stored):
        dense = stored.numpy()
        where = np.nonzero(dense)
        return np.stack(where), dense[where], dense.shape
    stored = stored.to_sparse_coo().coalesce()
    return stored.indices().numpy(), stored.values().numpy(), tuple(stored.shape)


def tensors_asked(results: Any) -> bool:
    """Whether the results of a model shall be tensors: "torch", not "numpy".

    Raises:
        InputError: it is neither.
        Unsupported: the library is not installed.
    """
    if not isinstance(results, str) or results not in ("numpy", LIBRARY):
        raise InputError(f"results {shown(results)} is not one of numpy, {LIBRARY}.")
    if results == LIBRARY:
        TENSORS.refuse_without()
    return results == LIBRARY
