"""Rows of a call, in the caller's order, to the type that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.postprocess.tensors import as_tensor
from isomorph.postprocess.vectors import normalize, quantize_embeddings, truncate


def collect(
    rows: Sequence[NDArray[Any]],
    *,
    single: bool,
    tokens: bool,
    dim: Callable[[], int | None],
    truncate_dim: int | None,
    normalized: bool,
    precision: str | None,
    to_numpy: bool,
    to_tensor: bool,
) -> Any:
    """Truncated, normalised and quantised vectors; a single input loses its outer axis.

    `dim` is asked for the width of a vector where there is none.

    Token embeddings are a list with one (tokens, dim) array a text, which may be quantised.
    """
    quantised = precision not in (None, "float32")
    if tokens:
        copies = [row.copy() for row in rows]
        copies = quantize_embeddings(copies, str(precision)) if quantised else copies
        listed = [as_tensor(row) if to_tensor else row for row in copies]
        return listed[0] if single else listed
    vectors = np.array(rows) if rows else np.zeros((0, dim() or 0), np.float32)
    vectors = truncate(vectors, truncate_dim)
    if normalized:
        vectors = normalize(vectors)
    if quantised:
        vectors = quantize_embeddings(vectors, str(precision))
    result: Any = vectors[0] if single else vectors
    if to_tensor:
        return as_tensor(result)
    return result if to_numpy or single else list(result)
