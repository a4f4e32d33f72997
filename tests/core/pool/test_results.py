"""With a pool a call gives what it gives without."""

from __future__ import annotations

from importlib.util import find_spec
from threading import Thread

import numpy as np
import pytest

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder
from isomorph.errors import InputError
from isomorph.pool.chunks import default_size
from isomorph.postprocess.tensors import LIBRARY
from isomorph.testing.suite import skip

from .conftest import LOADERS, LONG, TEXTS, TWO

CALLS = [
    {},
    {"chunk_size": 1},
    {"chunk_size": 7, "batch_size": 2},
    {"chunk_size": 1000},
    {"normalize_embeddings": True, "truncate_dim": 5},
    {"prompt": "mine: ", "convert_to_numpy": False},
    {"output_value": "token_embeddings"},
    {"show_progress_bar": True},
]


def assert_same(found, want):
    assert type(found) is type(want)
    if isinstance(want, list):
        for one, other in zip(found, want, strict=True):
            assert_same(one, other)
        return
    assert found.dtype == want.dtype
    np.testing.assert_allclose(found, want, atol=1e-6 * max(1, np.abs(want).max(initial=0)), rtol=0)


def test_the_texts_differ_by_more_than_the_tolerance(model):
    vectors = model.encode(TEXTS)
    apart = np.abs(vectors[:, None] - vectors[None]).max(axis=2) + np.eye(len(TEXTS))
    assert apart.min() > 1e-3


def test_a_call_in_one_chunk_is_equal_to_the_bit(model, pool):
    found = model.encode(TEXTS, pool=pool, chunk_size=len(TEXTS))
    np.testing.assert_array_equal(found, model.encode(TEXTS))


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_options_mean_the_same(model, pool, call):
    alone = {name: value for name, value in call.items() if name != "chunk_size"}
    assert_same(model.encode(TEXTS, pool=pool, **call), model.encode(TEXTS, **alone))


@pytest.mark.parametrize("precision", ["int8", "uint8", "binary", "ubinary"])
def test_quantised_ranges_are_those_of_the_whole_call(model, pool, precision):
    texts = TEXTS * 3  # enough to take ranges from
    found = model.encode(texts, pool=pool, precision=precision, chunk_size=7)
    want = model.encode(texts, precision=precision)
    assert found.dtype == want.dtype
    assert found.shape == want.shape
    if found.dtype.kind == "i" or precision == "uint8":
        assert np.abs(found.astype(int) - want.astype(int)).max() <= 1
    assert np.mean(found != want) < 0.05  # a number at an edge may fall to the other side


def test_one_text_and_none_have_their_shapes(model, pool):
    assert_same(model.encode(TEXTS[0], pool=pool), model.encode(TEXTS[0]))
    assert_same(model.encode([], pool=pool), model.encode([]))
    assert_same(model.encode_query(TEXTS[:2], pool=pool), model.encode_query(TEXTS[:2]))


class Text(str):
    """A text that knows where it stands, as parsers of pages give them."""

    def __reduce__(self):
        raise TypeError("a page cannot be sent")


def test_texts_of_another_class_are_sent_as_texts(model, pool):
    want = model.encode(TEXTS)
    assert_same(model.encode([Text(each) for each in TEXTS], pool=pool), want)
    pairs = [(Text("a river"), Text(each)) for each in TEXTS]
    assert_same(model.encode(pairs, pool=pool), model.encode(pairs))


def test_tensors_are_made_by_the_caller(model, pool):
    if find_spec(LIBRARY) is None:
        skip(LIBRARY, "is not installed")
    found = model.encode(TEXTS, pool=pool, convert_to_tensor=True)
    np.testing.assert_allclose(found.numpy(), model.encode(TEXTS), atol=1e-6, rtol=0)


def test_the_report_counts_from_the_start_of_the_call(model, pool):
    texts = [*TEXTS[:5], LONG, *TEXTS[5:9], LONG]
    _, call = model.encode(texts, pool=pool, chunk_size=3, return_report=True)
    assert call.texts == len(texts)
    assert call.truncated == (5, 10)
    assert model.report().truncated == (5, 10)


def test_a_list_of_devices_is_a_pool_for_one_call(model):
    assert_same(model.encode(TEXTS, device=TWO, chunk_size=9), model.encode(TEXTS))


def test_the_old_name_still_works(model, pool):
    with pytest.warns(DeprecationWarning, match="encode_multi_process"):
        found = model.encode_multi_process(TEXTS, pool, chunk_size=9)
    assert_same(found, model.encode(TEXTS))


def test_the_models_own_weights_stay_unloaded():
    model = SentenceTransformer(LOADERS[SentenceTransformer], backend="reference")
    with model.start_multi_process_pool(["cpu"]) as pool:
        device = model.device
        model.encode(TEXTS[:3], pool=pool)
        assert model.device == device
        assert not model.__loaded__().pipeline.is_open


def test_settings_of_today_count_and_not_those_of_the_start(model, pool):
    before = model.max_seq_length
    try:
        model.max_seq_length = 6
        with model.truncate_embeddings(4):
            assert_same(model.encode(TEXTS, pool=pool), model.encode(TEXTS))
    finally:
        model.max_seq_length = before


def test_calls_at_once_never_mix_rows(model, pool):
    """Different texts, sizes and outputs from several threads over one pool."""
    calls = [
        ([f"{name} {text}" for text in TEXTS[: 10 + 5 * n]], {"output_value": output})
        for n, name in enumerate(("sea", "bridge", "water", "old"))
        for output in ("sentence_embedding", "token_embeddings")
    ]
    want = [model.encode(texts, **options) for texts, options in calls]
    found = [None] * len(calls)

    def call(index):
        texts, options = calls[index]
        found[index] = model.encode(texts, pool=pool, chunk_size=1 + index % 4, **options)

    threads = [Thread(target=call, args=(index,)) for index in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert_same(found, want)


@pytest.mark.parametrize(
    ("inputs", "workers", "size"), [(0, 2, 1), (1, 4, 1), (41, 2, 3), (10**6, 4, 5000)]
)
def test_chunks_are_as_large_as_in_sentence_transformers(inputs, workers, size):
    assert default_size(inputs, workers) == size


class TestOtherModels:
    def test_sparse_rows(self):
        model = SparseEncoder(LOADERS[SparseEncoder], backend="reference")
        with model.start_multi_process_pool(["cpu"]) as pool:
            found = model.encode(TEXTS, pool=pool, chunk_size=11, max_active_dims=6)
            want = model.encode(TEXTS, max_active_dims=6)
            np.testing.assert_allclose(found.toarray(), want.toarray(), atol=1e-5, rtol=0)

    def test_pairs(self):
        model = CrossEncoder(LOADERS[CrossEncoder], backend="reference")
        pairs = [("the river", text) for text in TEXTS]
        with model.start_multi_process_pool(["cpu"]) as pool:
            assert_same(model.predict(pairs, pool=pool, chunk_size=9), model.predict(pairs))
            ranked = model.rank("the river", TEXTS, pool=pool)
            want = model.rank("the river", TEXTS)
            scores = [np.array([row["score"] for row in rows]) for rows in (ranked, want)]
            assert_same(*scores)
            with pytest.raises(InputError, match="Input 1 holds half"):
                model.predict([("a", "b"), ("a", "\ud800")], pool=pool)

    def test_token_matrices(self):
        model = MultiVectorEncoder(LOADERS[MultiVectorEncoder], backend="reference")
        with model.start_multi_process_pool(["cpu"]) as pool:
            for call in (model.encode_query, model.encode_document):
                assert_same(call(TEXTS, pool=pool, chunk_size=9), call(TEXTS))


def test_every_backend_runs_in_workers(backend):
    model = SentenceTransformer(LOADERS[SentenceTransformer], backend=backend)
    found = model.encode(TEXTS, device=[str(model.device)])
    np.testing.assert_allclose(found, model.encode(TEXTS), atol=1e-5, rtol=0)
