"""What callers hand in as token vectors: lists of matrices, or padded arrays with masks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.postprocess.arrays import as_array, as_vectors, is_sparse

Array = NDArray[Any]


def token_matrices(texts: Any, mask: Any, name: str) -> list[Array]:
    """One (tokens, dim) matrix a text, at least float32, without the tokens that do not count.

    Args:
        texts: a list of matrices, a padded array (texts, tokens, dim), or a single (tokens, dim).
        mask: which tokens count; None: those of a list all, those of a padded array that are not all
            zero.
        name: what the argument is called in messages.

    Raises:
        InputError: another shape, or a mask of another length.
    """
    if isinstance(texts, list | tuple):
        matrices = [_matrix(as_array(text), name) for text in texts]
        if mask is None:
            return matrices
    else:
        array = as_array(texts)
        if array.ndim == 2:
            array, mask = array[None], None if mask is None else _one(mask)
        if array.ndim != 3:
            raise InputError(
                f"{name} has shape {array.shape}; it takes (texts, tokens, dim), (tokens, dim) or a list."
            )
        matrices = [_matrix(text, name) for text in array]
        if mask is None:
            mask = [text.any(axis=1) for text in matrices]
    if not isinstance(mask, list | tuple):
        mask = as_vectors(mask)
    if len(mask) != len(matrices):
        raise InputError(f"{name} holds {len(matrices)} texts, but {name}_mask {len(mask)}.")
    longest = max((len(each) for each in matrices), default=0)
    pairs = zip(matrices, mask, strict=True)
    return [text[_kept(each, len(text), longest, name)] for text, each in pairs]


def _matrix(array: Any, name: str) -> Array:
    if is_sparse(array):
        array = array.toarray()
    if array.ndim == 1 and not array.size:
        return np.zeros((0, 0), np.float32)
    if array.ndim != 2:
        raise InputError(f"Each text of {name} is (tokens, dim), not {array.shape}.")
    if array.dtype.kind != "f" or array.dtype.itemsize < 4:
        array = array.astype(np.float32)
    return np.asarray(array)


def _one(mask: Any) -> Any:
    array = np.asarray(as_array(mask))
    return array[None] if array.ndim == 1 else array


def _kept(mask: Any, length: int, longest: int, name: str) -> Array:
    """The mask of one text; it may cover the padding up to the longest text of a list."""
    kept: Array = np.asarray(as_array(mask)) != 0
    if kept.shape not in ((length,), (longest,)):
        raise InputError(
            f"{name}_mask covers {kept.shape[-1] if kept.ndim else 0} tokens of a text of {length}."
        )
    return kept[:length]
