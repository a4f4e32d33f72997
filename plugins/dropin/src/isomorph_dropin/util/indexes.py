"""Searches for dense vectors in indexes of faiss and usearch, through those packages.

A corpus in fewer bits is searched with queries in as few. With `rescore` more documents are found than are
wanted, and those are ordered anew by their product with the queries of the call (Yamada et al. 2021,
arXiv:2106.00882).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from warnings import warn

import numpy as np

from isomorph.errors import InputError
from isomorph.util import quantize_embeddings
from isomorph_dropin.bound import bound
from isomorph_dropin.util.packages import imported

_BITS = ("binary", "ubinary")
_SIGN = 0x80
"""What lies between the bytes of "binary" and of "ubinary"."""
_STEPS = 255
"""How many steps of a number in 8 bits lie between its lowest and its highest value."""


@dataclass(frozen=True)
class Library:
    """What one of the packages has that a search needs.

    Attributes:
        name: of its module.
        distribution: what pip installs.
        precisions: of the vectors that it keeps.
        made: an index from vectors, their precision and whether the search is exact.
        found: scores and places (queries, n) in an index, and which of them are any; of queries and n.
        stored: the vectors of places (n,) in an index, as numbers or bytes.
    """

    name: str
    distribution: str
    precisions: tuple[str, ...]
    made: Callable[[Any, Any, str, bool], Any]
    found: Callable[[Any, Any, int, bool], tuple[Any, Any, Any]]
    stored: Callable[[Any, Any], Any]


def search(
    library: Library,
    query_embeddings: Any,
    corpus_embeddings: Any = None,
    corpus_index: Any = None,
    corpus_precision: str = "float32",
    top_k: int = 10,
    ranges: Any = None,
    calibration_embeddings: Any = None,
    rescore: bool = True,
    rescore_multiplier: int = 2,
    exact: bool = True,
    output_index: bool = False,
) -> Any:
    """Searches in an index, or in one that is made of vectors.

    Args:
        library: the package of the index.
        query_embeddings: (queries, dim), numbers or already in the precision of the corpus.
        corpus_embeddings: (documents, dim or bytes), from which an index is made.
        corpus_index: an index that there is, in place of vectors.
        corpus_precision: "float32", or what `quantize_embeddings` made of the corpus.
        top_k: how many documents a query.
        ranges: (2, dim), the lowest and the highest numbers by which the corpus was quantised.
        calibration_embeddings: vectors whose ranges count where `ranges` is None; else those of the queries.
        rescore: whether what was found is ordered by the queries in full.
        rescore_multiplier: how many times `top_k` documents are found to be ordered anew.
        exact: whether every document is compared.
        output_index: whether the index is given too.

    Returns:
        A list of ``{"corpus_id", "score"}`` for each query, the seconds of the search and, with
        `output_index`, the index.

    Raises:
        Unsupported: the package is not installed.
        InputError: there are both vectors and an index or neither, or the precision is another.
    """
    package = imported(library.name, library.distribution)
    if (corpus_embeddings is None) == (corpus_index is None):
        raise InputError("Give one of corpus_embeddings and corpus_index, and not both.")
    if corpus_precision not in library.precisions:
        raise InputError(
            f"corpus_precision {corpus_precision!r}: {library.name} takes {', '.join(library.precisions)}."
        )
    if corpus_index is None:
        kept = _bytes(np.asarray(corpus_embeddings), corpus_precision)
        corpus_index = library.made(package, kept, corpus_precision, exact)
    queries = np.asarray(query_embeddings)
    whole: Any = queries if queries.dtype.kind == "f" else None
    if whole is not None:
        if ranges is None and corpus_precision in ("int8", "uint8"):
            ranges = _ranges(whole if calibration_embeddings is None else calibration_embeddings)
        queries = quantize_embeddings(whole, corpus_precision, ranges=ranges)
    again = rescore and whole is not None and corpus_precision != "float32"
    if rescore and not again:
        what = "queries are quantised already" if whole is None else "corpus is not quantised"
        warn(f"rescore=True has no effect: the {what}.", stacklevel=3)
    start = time.perf_counter()
    count = top_k * rescore_multiplier if again else top_k
    queries = _bytes(queries, corpus_precision)
    scores, places, there = library.found(corpus_index, queries, count, exact)
    if again and there.any():
        stored = library.stored(corpus_index, np.where(there, places, places[there][0]).ravel())
        numbers = _numbers(stored, corpus_precision, ranges, whole.shape[1])
        scores, places, there = _ordered(whole, numbers, places, there, top_k)
    seconds = time.perf_counter() - start
    results = [
        [
            {"corpus_id": int(p), "score": float(s)}
            for s, p, is_there in zip(*row, strict=True)
            if is_there
        ]
        for row in zip(scores, places, there, strict=True)
    ]
    return (results, seconds, corpus_index) if output_index else (results, seconds)


def _ordered(
    queries: Any, documents: Any, places: Any, there: Any, top_k: int
) -> tuple[Any, Any, Any]:
    """Scores, places and which of them are any, by the products of queries (n, dim) and what they found."""
    products = np.einsum("qd,qkd->qk", queries, documents.reshape(*places.shape, -1))
    scores = np.where(there, products, -np.inf)
    order = np.argsort(-scores, axis=1)[:, :top_k]
    scores, places, there = (np.take_along_axis(each, order, 1) for each in (scores, places, there))
    return scores, places, there


def _bytes(vectors: Any, precision: str) -> Any:
    """Bytes whose bits are the signs, of "binary" too, whose bytes are numbers from -128 on."""
    return vectors.view(np.uint8) ^ _SIGN if precision == "binary" else vectors


def _ranges(vectors: Any) -> Any:
    """The lowest and the highest number of each dimension.

    Raises:
        InputError: there is one vector alone.
    """
    if len(vectors) < 2:
        raise InputError(
            "Ranges for int8 and uint8 cannot be taken from a single embedding: pass ranges= or "
            "calibration_embeddings=."
        )
    return np.stack([np.min(vectors, axis=0), np.max(vectors, axis=0)])


def _numbers(stored: Any, precision: str, ranges: Any, width: int) -> Any:
    """What stored vectors stand for: float64 (n, width)."""
    if precision in _BITS:
        return np.unpackbits(stored.astype(np.uint8), axis=-1)[:, :width].astype(np.float64)
    low, high = np.asarray(ranges, np.float32)
    steps = (high - low) / _STEPS
    codes = stored.astype(np.float64) + (128 if precision == "int8" else 0)
    return codes * np.where(steps == 0, 1, steps) + low


def _faiss_made(faiss: Any, vectors: Any, precision: str, exact: bool) -> Any:
    width, near = vectors.shape[1], 16
    if precision == "ubinary":
        bits = width * 8
        index = faiss.IndexBinaryFlat(bits) if exact else faiss.IndexBinaryHNSW(bits, near)
    elif exact:
        index = faiss.IndexFlatIP(width)
    else:
        index = faiss.IndexHNSWFlat(width, near, faiss.METRIC_INNER_PRODUCT)
    index.add(vectors)
    return index


def _faiss_found(index: Any, queries: Any, count: int, exact: bool) -> tuple[Any, Any, Any]:
    scores, places = index.search(queries, count)
    return scores, places, places != -1


def _faiss_stored(index: Any, places: Any) -> Any:
    return np.stack([index.reconstruct(int(place)) for place in places])


_USEARCH: Mapping[str, Mapping[str, str]] = {
    "float32": {"metric": "cos", "dtype": "f32"},
    "int8": {"metric": "ip", "dtype": "i8"},
    **{name: {"metric": "hamming", "dtype": "b1"} for name in _BITS},
}


def _usearch_made(usearch: Any, vectors: Any, precision: str, exact: bool) -> Any:
    width = vectors.shape[1] * (8 if precision in _BITS else 1)
    index = usearch.Index(ndim=width, **_USEARCH[precision])
    index.add(np.arange(len(vectors)), vectors)
    return index


def _usearch_found(index: Any, queries: Any, count: int, exact: bool) -> tuple[Any, Any, Any]:
    matches = index.search(queries, count, exact=exact)
    scores, places = np.atleast_2d(matches.distances), np.atleast_2d(matches.keys)
    counts = np.asarray(getattr(matches, "counts", places.shape[1])).reshape(-1, 1)
    return scores, places, np.arange(places.shape[1]) < counts


def _usearch_stored(index: Any, places: Any) -> Any:
    return np.asarray(index.get(places))


FAISS = Library(
    "faiss",
    "faiss-cpu",
    ("float32", "uint8", "ubinary"),
    _faiss_made,
    _faiss_found,
    _faiss_stored,
)
USEARCH = Library(
    "usearch.index",
    "usearch",
    ("float32", "int8", "ubinary", "binary"),
    _usearch_made,
    _usearch_found,
    _usearch_stored,
)
semantic_search_faiss = bound("semantic_search_faiss", search, FAISS)
semantic_search_usearch = bound("semantic_search_usearch", search, USEARCH)
"""`search` in an index of the package that the name says."""
