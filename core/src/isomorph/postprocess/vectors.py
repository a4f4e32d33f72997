"""Sentence embeddings: truncation, normalisation, quantisation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.arguments.rules import checked
from isomorph.errors import InputError
from isomorph.messages.outside import warn_outside
from isomorph.messages.shown import shown
from isomorph.postprocess.arrays import as_array, as_vectors, is_sparse
from isomorph.postprocess.tensors import is_sparse_tensor, is_tensor, of_same_type

PRECISIONS = ("float32", "int8", "uint8", "binary", "ubinary")
ENOUGH_TO_CALIBRATE = 100


def truncate(vectors: NDArray[Any], dim: int | None) -> NDArray[Any]:
    """The first `dim` features; all of them where there are fewer."""
    return vectors if dim is None else np.ascontiguousarray(vectors[..., :dim])


@checked
@of_same_type
def truncate_embeddings(embeddings: Any, truncate_dim: int | None) -> Any:
    """The first features of vectors; nothing is normalised.

    Args:
        embeddings: (..., dim): array, tensor, list, or scipy's sparse matrix.
        truncate_dim: how many; None keeps all, and so does more than there are.

    Returns:
        Vectors in the form and of the type that they have; a part of a tensor has its gradients too.

    Raises:
        InputError: `truncate_dim` is less than 1.
    """
    if is_tensor(embeddings) and not is_sparse_tensor(embeddings):
        return embeddings[..., :truncate_dim]  # with its type, its place and its gradients
    vectors = as_vectors(embeddings)
    if is_sparse(vectors):
        return vectors.tocsr()[..., :truncate_dim]
    return truncate(vectors, truncate_dim)


@of_same_type
def normalize_embeddings(embeddings: Any) -> Any:
    """Vectors of length 1, in the shape that they have.

    Args:
        embeddings: (dim,), (n, dim): array, tensor, list; or scipy's sparse matrix.

    Returns:
        At least float32 of the same shape, for tensors a tensor of their type; a vector of zeros stays one.
    """
    vectors = as_vectors(embeddings)
    if vectors.dtype.kind != "f" or vectors.dtype.itemsize < 4:  # squares are beyond float16
        vectors = vectors.astype(np.float32)
    return normalize(vectors.tocsr() if is_sparse(vectors) else vectors)


def normalize(vectors: Any) -> Any:
    """Each row divided by its length, at least 1e-12; dense or scipy's CSR."""
    if is_sparse(vectors):
        squares = np.asarray(vectors.multiply(vectors).sum(axis=-1)).reshape(-1, 1)
        unit = vectors.multiply(1 / np.maximum(np.sqrt(squares), 1e-12))
        return unit.reshape(vectors.shape).tocsr()  # a single vector was made a row
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), vectors.dtype)


def check_precision(precision: str | None) -> str:
    """The precision, None meaning float32.

    Raises:
        InputError: it is not one of `PRECISIONS`.
    """
    if precision is None:
        return "float32"
    if not isinstance(precision, str) or precision not in PRECISIONS:
        raise InputError(
            f"Precision {shown(precision)} is not supported: take one of {', '.join(PRECISIONS)}."
        )
    return precision


@checked
def quantize_embeddings(
    embeddings: Any,
    precision: str,
    ranges: Any = None,
    calibration_embeddings: Any = None,
) -> Any:
    """Stores `embeddings`, float (rows, dim), in fewer bits.

    ``int8`` and ``uint8``: each feature on 256 steps between its minimum and maximum, which are given
    as `ranges` (2, dim), or taken from `calibration_embeddings`, or from the vectors themselves (a
    warning below 100 rows). ``binary`` and ``ubinary``: one bit a feature, 1 where it is positive,
    eight to a byte, the first feature in the highest bit -> (rows, ceil(dim / 8)).

    Args:
        embeddings: an array, a tensor, a sparse matrix or a list of vectors; or a list of matrices
            (tokens, dim), as multi-vector models give them, which share their ranges.
        precision: float32, int8, uint8, binary or ubinary.
        ranges: minima and maxima of the features, (2, dim); None takes them from other vectors.
        calibration_embeddings: in any form that `embeddings` may have.

    Returns:
        A numpy array; a list of them for a list of matrices, and for an empty list.

    Raises:
        InputError: unknown precision, vectors that are quantised already, or ranges or calibration
            vectors of another dimension.
    """
    precision = check_precision(precision)
    if not _are_matrices(embeddings):
        return _quantized(_numbers(embeddings), precision, ranges, calibration_embeddings)
    if not len(embeddings):
        return []
    rows = _one_below_the_other(embeddings)
    found = _quantized(rows, precision, ranges, calibration_embeddings)
    return np.split(found, np.cumsum([len(each) for each in embeddings])[:-1])


def _quantized(
    embeddings: NDArray[Any], precision: str, ranges: Any, calibration: Any
) -> NDArray[Any]:
    if embeddings.dtype in (np.int8, np.uint8):
        raise InputError(f"These embeddings are {embeddings.dtype} already; quantise float ones.")
    vectors = np.asarray(embeddings, np.float32)
    if precision == "float32":
        return vectors
    if precision in ("binary", "ubinary"):
        packed: NDArray[Any] = np.packbits(vectors > 0, axis=-1)
        return packed if precision == "ubinary" else (packed.astype(np.int16) - 128).astype(np.int8)
    if vectors.size == 0:
        return np.zeros(vectors.shape, precision)
    low, step = _steps(vectors, precision, ranges, calibration)
    levels: NDArray[Any] = np.clip(np.floor((vectors - low) / step), 0, 255)
    return levels.astype(np.uint8) if precision == "uint8" else (levels - 128).astype(np.int8)


def _are_matrices(vectors: Any) -> bool:
    """Whether this is a list of matrices, or of nothing at all."""
    return isinstance(vectors, list | tuple) and all(np.ndim(each) == 2 for each in vectors)


def _one_below_the_other(vectors: Any) -> NDArray[Any]:
    """All rows of vectors (n, dim), or of a list of matrices; in the type that they have.

    Raises:
        InputError: they differ in length, or are no vectors.
    """
    if not _are_matrices(vectors) or not len(vectors):
        return _numbers(vectors)
    arrays = [np.asarray(as_array(each)) for each in vectors]
    if len({each.shape[1] for each in arrays}) > 1:
        raise InputError("The matrices differ in the length of their vectors.")
    return np.concatenate(arrays)


def _numbers(vectors: Any) -> NDArray[Any]:
    """Vectors with all their numbers, those that are 0 too: quantised ones are never sparse."""
    found = as_vectors(vectors)
    return np.asarray(found.toarray() if is_sparse(found) else found)


def _steps(
    vectors: NDArray[Any], precision: str, ranges: Any, calibration: Any
) -> tuple[NDArray[Any], NDArray[Any]]:
    if ranges is None:
        given = calibration is not None
        source = np.asarray(_one_below_the_other(calibration), np.float32) if given else vectors
        source = np.atleast_2d(source)
        if not given and len(source) < ENOUGH_TO_CALIBRATE:
            warn_outside(
                f"{precision} ranges are taken from {len(source)} embeddings only; pass ranges or "
                f"at least {ENOUGH_TO_CALIBRATE} calibration_embeddings."
            )
        _check_dim("calibration_embeddings", source, vectors)
        if not len(source):
            raise InputError("calibration_embeddings is empty; ranges cannot be taken from it.")
        ranges = np.stack([source.min(axis=0), source.max(axis=0)])
    ranges = as_vectors(ranges)
    _check_dim("ranges", ranges, vectors)
    if len(ranges) != 2 or ranges.ndim != 2:
        raise InputError(f"ranges are (2, dim), minima and maxima, not {ranges.shape}.")
    steps = (ranges[1] - ranges[0]) / 255
    return ranges[0], np.where(steps == 0, 1, steps)


def _check_dim(name: str, given: NDArray[Any], vectors: NDArray[Any]) -> None:
    if given.shape[-1] != vectors.shape[-1]:
        raise InputError(
            f"{name} of {given.shape[-1]} features do not fit vectors of {vectors.shape[-1]}."
        )
