"""Searches in an index: what a package does is a record, here an index of numpy that compares everything."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from isomorph.errors import InputError, Unsupported
from isomorph.util import quantize_embeddings
from isomorph_dropin.util.indexes import FAISS, USEARCH, Library, search

RANDOM = np.random.default_rng(0)
CORPUS = RANDOM.normal(size=(12, 20)).astype(np.float32)
QUERIES = RANDOM.normal(size=(3, 20)).astype(np.float32)
RANGES = np.stack([CORPUS.min(0), CORPUS.max(0)])


def found(index, queries, count, exact):
    """Every document of the index, filled up with places that hold none."""
    scores = -np.abs(queries[:, None].astype(float) - index.astype(float)).sum(-1)
    places = np.argsort(-scores, axis=1)
    scores = np.take_along_axis(scores, places, 1)
    short = max(0, count - len(index))
    places = np.pad(places, ((0, 0), (0, short)))[:, :count]
    scores = np.pad(scores, ((0, 0), (0, short)))[:, :count]
    return scores, places, np.broadcast_to(np.arange(count) < len(index), places.shape)


NUMPY = Library(
    "numpy",
    "numpy",
    ("float32", "int8", "uint8", "binary", "ubinary"),
    made=lambda package, vectors, precision, exact: vectors,
    found=found,
    stored=lambda index, places: index[places],
)
searched = partial(search, NUMPY, corpus_precision="int8", ranges=RANGES)


def places(results):
    return [[each["corpus_id"] for each in row] for row in results]


@pytest.mark.parametrize(("precision", "error"), [("int8", 0.3), ("uint8", 0.3), ("binary", None)])
def test_what_is_found_in_few_bits_is_ordered_by_the_queries_in_full(precision, error):
    kept = quantize_embeddings(CORPUS, precision, ranges=RANGES)
    results, seconds = searched(
        QUERIES, kept, corpus_precision=precision, top_k=4, rescore_multiplier=3
    )
    signs = CORPUS > 0
    products = QUERIES @ (CORPUS if error else signs).T
    assert places(results) == np.argsort(-products, axis=1, kind="stable")[:, :4].tolist()
    scores = [[each["score"] for each in row] for row in results]
    np.testing.assert_allclose(scores, -np.sort(-products, axis=1)[:, :4], atol=error or 1e-5)
    assert seconds >= 0


def test_an_index_is_given_back_and_taken_again():
    kept = quantize_embeddings(CORPUS, "int8", ranges=RANGES)
    first, _, index = searched(QUERIES, kept, output_index=True, top_k=3)
    again, _ = searched(QUERIES, corpus_index=index, top_k=3)
    assert again == first


def test_a_small_corpus_gives_no_more_than_it_holds():
    kept = quantize_embeddings(CORPUS, "int8", ranges=RANGES)
    for rescore in (True, False):
        results, _ = searched(QUERIES, kept[:2], top_k=5, rescore=rescore)
        assert [sorted(row) for row in places(results)] == [[0, 1]] * 3


@pytest.mark.parametrize("name", ["queries", "corpus"])
def test_rescoring_that_cannot_be_is_told(name):
    precision = "int8" if name == "queries" else "float32"
    kept = quantize_embeddings(CORPUS, precision, ranges=RANGES)
    asked = quantize_embeddings(QUERIES, "int8", ranges=RANGES) if name == "queries" else QUERIES
    with pytest.warns(UserWarning, match=name):
        searched(asked, kept, corpus_precision=precision)


def test_what_cannot_be_searched():
    kept = quantize_embeddings(CORPUS, "int8", ranges=RANGES)
    with pytest.raises(InputError, match="one of corpus_embeddings and corpus_index"):
        searched(QUERIES)
    with pytest.raises(InputError, match="corpus_precision 'int4': numpy takes float32"):
        searched(QUERIES, kept, corpus_precision="int4")
    with pytest.raises(InputError, match="single embedding"):
        searched(QUERIES[:1], kept, ranges=None)
    for library in (FAISS, USEARCH):
        missing = replace(library, name="no_such_package")
        with pytest.raises(Unsupported, match=f"pip install {library.distribution}"):
            search(missing, QUERIES, CORPUS)
