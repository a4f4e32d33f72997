"""Late interaction: texts that are compared token by token.

MaxSim is the sum over the tokens of a query of the largest dot product with a token of the document
(Khattab and Zaharia 2020, ColBERT, arXiv:2004.12832). Nothing is padded: the tokens of a chunk of
texts lie one below the other, one matrix product compares them, and each text's part is reduced.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.arguments.rules import COUNT, FLAG, checking, or_none
from isomorph.errors import InputError, Unsupported
from isomorph.postprocess.tensors import of_given_type
from isomorph.postprocess.token_matrices import token_matrices

Array = NDArray[Any]
CHUNK_ELEMENTS = 25_000_000
"""Numbers that a chunk may hold: its tokens and their products; 100 MB of float32."""
NO_TOKENS = -1e9
"""The score of a document without tokens: below every other."""
_checked = checking(chunk_elements=or_none(COUNT), length_normalize=FLAG)


@_checked
@of_given_type
def maxsim(
    a: Any,
    b: Any,
    a_mask: Any = None,
    b_mask: Any = None,
    chunk_elements: int | None = None,
    length_normalize: bool = False,
    device: str | None = None,
) -> Array:
    """Every query against every document.

    Args:
        a: queries: a list of (tokens, dim) matrices, one padded array (m, tokens, dim), or a single
            (tokens, dim).
        b: documents: a list of (tokens, dim) matrices, one padded array (n, tokens, dim), or a single
            (tokens, dim).
        a_mask: which tokens of `a` count: (m, tokens), or a list of one mask a query. Without one, rows
            of zeros in a padded array are padding, and every row of a list counts.
        b_mask: which tokens of `b` count: (n, tokens), or a list of one mask a document. Without one, rows
            of zeros in a padded array are padding, and every row of a list counts.
        chunk_elements: how many numbers are held at once beside inputs and result; a single pair of
            texts may exceed it.
        length_normalize: divide by the number of the query's tokens, which is MeanMaxSim.
        device: None or "cpu"; there is no other here.

    Returns:
        float32 (m, n), for tensors a tensor on the CPU. A document without tokens scores -1e9, a query
        without tokens 0.

    Raises:
        InputError: dimensions or masks that do not fit.
    """
    queries, documents = _sides(a, b, a_mask, b_mask, device)
    result = np.zeros((len(queries), len(documents)), np.float32)
    budget = CHUNK_ELEMENTS if chunk_elements is None else chunk_elements
    for above, left in _chunks(queries, 0, budget // 2):
        tokens = np.concatenate(left)
        for beside, right in _chunks(documents, len(tokens), budget - tokens.size):
            products = np.concatenate(right) @ tokens.T
            best = np.stack([_largest(part) for part in _split(products, right)], axis=1)
            best = best.astype(np.float32, copy=False)
            sums = np.stack([part.sum(axis=0) for part in _split(best, left)])
            sums[:, [len(each) == 0 for each in right]] = NO_TOKENS
            result[above : above + len(left), beside : beside + len(right)] = sums
    return result / _counts(queries)[:, None] if length_normalize else result


@_checked
@of_given_type
def maxsim_pairwise(
    a: Any,
    b: Any,
    a_mask: Any = None,
    b_mask: Any = None,
    chunk_elements: int | None = None,
    length_normalize: bool = False,
    device: str | None = None,
) -> Array:
    """Query i against document i: as `maxsim`, but float32 (n,).

    `a`, `b`, `a_mask`, `b_mask`, `length_normalize` and `device` are as there. `chunk_elements` has no
    effect: one pair is compared at a time.

    Raises:
        InputError: as `maxsim`, or the sides differ in number.
    """
    queries, documents = _sides(a, b, a_mask, b_mask, device)
    if len(queries) != len(documents):
        raise InputError(f"Pairs need as many on each side, not {len(queries)}, {len(documents)}.")
    result = np.zeros(len(queries), np.float32)
    for i, (query, document) in enumerate(zip(queries, documents, strict=True)):
        best = _largest(document @ query.T).astype(np.float32, copy=False)
        result[i] = best.sum() if len(document) else NO_TOKENS
    return result / _counts(queries) if length_normalize else result


@_checked
@of_given_type
def mean_maxsim(
    a: Any,
    b: Any,
    a_mask: Any = None,
    b_mask: Any = None,
    chunk_elements: int | None = None,
    length_normalize: bool = True,
    device: str | None = None,
) -> Any:
    """`maxsim` divided by the number of the query's tokens: comparable between queries.

    Raises:
        InputError: as `maxsim`.
    """
    return maxsim(a, b, a_mask, b_mask, chunk_elements, length_normalize, device)


@_checked
@of_given_type
def mean_maxsim_pairwise(
    a: Any,
    b: Any,
    a_mask: Any = None,
    b_mask: Any = None,
    chunk_elements: int | None = None,
    length_normalize: bool = True,
    device: str | None = None,
) -> Any:
    """`maxsim_pairwise` divided by the number of the query's tokens.

    Raises:
        InputError: as `maxsim_pairwise`.
    """
    return maxsim_pairwise(a, b, a_mask, b_mask, chunk_elements, length_normalize, device)


def _sides(
    a: Any, b: Any, a_mask: Any, b_mask: Any, device: str | None
) -> tuple[list[Array], list[Array]]:
    if device not in (None, "cpu"):
        raise Unsupported(f"device={device!r}: scores are computed with numpy, on the CPU.")
    queries, documents = token_matrices(a, a_mask, "a"), token_matrices(b, b_mask, "b")
    widths = {each.shape[1] for each in (*queries, *documents) if each.shape[0]}
    if len(widths) > 1:
        raise InputError(f"Vectors of {sorted(widths)} features do not compare.")
    width = widths.pop() if widths else 0
    empty = np.zeros((0, width), np.float32)
    return [q if len(q) else empty for q in queries], [d if len(d) else empty for d in documents]


def _chunks(
    texts: Sequence[Array], other_tokens: int, budget: int
) -> Iterator[tuple[int, Sequence[Array]]]:
    """Where each chunk begins and its texts, as many as the budget holds, at least one."""
    start, used = 0, 0
    for i, text in enumerate(texts):
        cost = len(text) * (text.shape[1] + other_tokens)
        if i > start and used + cost > budget:
            yield start, texts[start:i]
            start, used = i, 0
        used += cost
    if texts:
        yield start, texts[start:]


def _split(rows: Array, texts: Sequence[Array]) -> list[Array]:
    """The rows of each text; slices and not `reduceat`, which is ten times slower."""
    return np.split(rows, np.cumsum([len(text) for text in texts])[:-1])


def _largest(products: Array) -> Array:
    """Over the tokens of one document; without any there is nothing to take, and 0 stands for it."""
    empty = np.zeros(products.shape[1:], products.dtype)
    return np.asarray(products.max(axis=0)) if len(products) else empty


def _counts(queries: Sequence[Array]) -> Array:
    return np.array([max(len(query), 1) for query in queries], np.float32)
