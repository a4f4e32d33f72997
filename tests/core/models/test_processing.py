"""``processing_kwargs``: of a folder and of a call."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer
from isomorph.errors import BadModel, InputError, Unsupported

PARITY = Path(__file__).parents[2] / "parity"
TEXT = "the river carries stones and sand to a sea"


def cut_to(length):
    return {"text": {"max_length": length}}


@pytest.fixture
def model(folder):
    return SentenceTransformer(folder, backend="reference")


@pytest.mark.filterwarnings("ignore::isomorph.errors.TruncationWarning")
def test_a_call_says_where_its_texts_are_cut(model):
    whole = model.encode(TEXT)
    cut = model.encode(TEXT, processing_kwargs=cut_to(4))
    assert model.preprocess([TEXT], processing_kwargs=cut_to(4))["input_ids"].shape == (1, 4)
    np.testing.assert_allclose(model.encode(TEXT, processing_kwargs={}), whole, atol=1e-6)
    np.testing.assert_allclose(
        model.encode(TEXT, processing_kwargs={"common": {"max_length": 10_000, "padding": True}}),
        whole,
        atol=1e-6,
    )
    model.max_seq_length = 4
    np.testing.assert_allclose(model.encode(TEXT), cut, atol=1e-6)
    windows = model.encode_iter([TEXT, TEXT], window_size=1, processing_kwargs=cut_to(10_000))
    assert [np.allclose(row, whole, atol=1e-6) for row in windows] == [True, True]


@pytest.mark.filterwarnings("ignore::isomorph.errors.TruncationWarning")
def test_pairs_and_tokens_are_cut_too():
    reranker = CrossEncoder(PARITY / "cross_encoders/models/bert-typed", backend="reference")
    pair = [(TEXT, TEXT)]
    cut = reranker.predict(pair, processing_kwargs=cut_to(6))
    assert not np.allclose(cut, reranker.predict(pair), rtol=1e-4)
    reranker.max_seq_length = 6
    np.testing.assert_allclose(cut, reranker.predict(pair), rtol=1e-5)


def test_queries_that_are_filled_up_have_their_length():
    folder = next(
        p for p in sorted((PARITY / "multi_vector/models").iterdir()) if "fixed" in p.name
    )
    model = MultiVectorEncoder(folder, backend="reference")
    with pytest.raises(InputError, match="query_expansion"):
        model.encode_query([TEXT], processing_kwargs=cut_to(4))


@pytest.mark.parametrize(
    "asked",
    [
        {"image": {"size": 3}},
        {"chat_template": {}},
        {"text": {"add_special_tokens": False}},
        {"text": {"truncation": False}},
        {"text": {"max_length": 0}},
        {"text": {"max_length": 4}, "common": {"max_length": 5}},
        "text",
    ],
)
def test_what_a_call_cannot_say_is_refused(model, asked):
    with pytest.raises(InputError):
        model.encode(TEXT, processing_kwargs=asked)


def test_a_folder_says_where_texts_are_cut(folder, edit):
    edit("sentence_bert_config.json", processing_kwargs=cut_to(5))
    model = SentenceTransformer(folder, backend="reference")
    assert model.preprocess([TEXT])["input_ids"].shape == (1, 5)


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"text": {"add_special_tokens": False}}, Unsupported),
        ({"text": {"max_length": "many"}}, BadModel),
    ],
)
def test_what_a_folder_says_and_is_not_done_is_refused(folder, edit, asked, error):
    edit("sentence_bert_config.json", processing_kwargs=asked)
    with pytest.raises(error, match="processing_kwargs"):
        SentenceTransformer(folder, backend="reference")
