"""How alike two sets of vectors are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from isomorph.errors import InputError
from isomorph.finish.vectors import normalize

Array = NDArray[Any]


def _cosine(a: Array, b: Array) -> Array:
    return np.asarray(normalize(a) @ normalize(b).T)


def _dot(a: Array, b: Array) -> Array:
    return np.asarray(a @ b.T)


def _euclidean(a: Array, b: Array) -> Array:
    """Row by row: the expansion into dot products loses the small distances."""
    return np.stack([-np.linalg.norm(b - row, axis=-1) for row in a])


def _manhattan(a: Array, b: Array) -> Array:
    return np.stack([-np.abs(b - row).sum(axis=-1) for row in a])


_MATRIX: Mapping[str, Callable[[Array, Array], Array]] = {
    "cosine": _cosine,
    "dot": _dot,
    "euclidean": _euclidean,
    "manhattan": _manhattan,
}
_PAIRS: Mapping[str, Callable[[Array, Array], Array]] = {
    "cosine": lambda a, b: np.sum(normalize(a) * normalize(b), axis=-1),
    "dot": lambda a, b: np.sum(a * b, axis=-1),
    "euclidean": lambda a, b: -np.linalg.norm(a - b, axis=-1),
    "manhattan": lambda a, b: -np.abs(a - b).sum(axis=-1),
}


def check_name(name: Any) -> str:
    """The name of a similarity function, given as text or as an enum whose value it is.

    Raises:
        InputError: it is not one of cosine, dot, euclidean, manhattan.
    """
    text = str(getattr(name, "value", name))
    if text not in _MATRIX:
        raise InputError(f"Similarity {text!r} is not one of {', '.join(_MATRIX)}.")
    return text


def similarity(name: str, a: ArrayLike, b: ArrayLike) -> Array:
    """Every row of `a` (m, dim) against every row of `b` (n, dim) -> float32 (m, n).

    A single vector counts as one row. Distances come negated, so that larger is always more alike.

    Raises:
        InputError: the dimensions differ.
    """
    left, right = _matrix(a), _matrix(b)
    if left.shape[-1] != right.shape[-1]:
        raise InputError(
            f"Vectors of {left.shape[-1]} and {right.shape[-1]} features do not compare."
        )
    if not len(left) or not len(right):
        return np.zeros((len(left), len(right)), np.float32)
    return _MATRIX[check_name(name)](left, right)


def similarity_pairwise(name: str, a: ArrayLike, b: ArrayLike) -> Array:
    """Row i of `a` against row i of `b`, both (n, dim) -> float32 (n,).

    Raises:
        InputError: the shapes differ.
    """
    left, right = _matrix(a), _matrix(b)
    if left.shape != right.shape:
        raise InputError(f"Pairs need equal shapes; these are {left.shape} and {right.shape}.")
    return _PAIRS[check_name(name)](left, right)


def _matrix(vectors: ArrayLike) -> Array:
    """At least float32, at least two axes; lists of vectors are stacked."""
    array = np.asarray(vectors)
    if array.dtype.kind != "f" or array.dtype.itemsize < 4 or not _typed(vectors):
        array = array.astype(np.float32)
    return array[None] if array.ndim == 1 else array


def _typed(vectors: object) -> bool:
    """Whether somebody chose a type; numpy makes float64 of bare numbers, which nobody asked for."""
    while isinstance(vectors, list | tuple) and len(vectors):
        vectors = vectors[0]
    return hasattr(vectors, "dtype")
