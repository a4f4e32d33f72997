"""``processing_kwargs``: of a folder and of a call."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.parity.tower_models import build

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


@pytest.mark.filterwarnings("ignore::isomorph.errors.TruncationWarning")
def test_a_call_says_on_which_side_its_texts_are_cut(model, folder):
    last = SentenceTransformer(
        folder, backend="reference", processor_kwargs={"truncation_side": "left"}
    )
    last.max_seq_length = model.max_seq_length = 5
    left, right = ({"text": {"truncation_side": side}} for side in ("left", "right"))
    for one, other, asked in ((model, last, left), (last, model, right)):
        expected = other.encode([TEXT, "a river"])
        np.testing.assert_allclose(
            one.encode([TEXT, "a river"], processing_kwargs=asked), expected, atol=1e-6
        )
        assert not np.allclose(one.encode([TEXT, "a river"])[0], expected[0], atol=1e-4)
        ids = one.preprocess([TEXT], processing_kwargs=asked)["input_ids"]
        np.testing.assert_array_equal(ids, other.preprocess([TEXT])["input_ids"])
    both = {"text": {"truncation_side": "left", "max_length": 4}}
    last.max_seq_length = 4
    np.testing.assert_allclose(
        model.encode(TEXT, processing_kwargs=both), last.encode(TEXT), atol=1e-6
    )


@pytest.mark.filterwarnings("ignore::isomorph.errors.TruncationWarning")
def test_both_texts_of_pairs_are_cut_on_the_side_that_is_asked_for():
    place, pair = PARITY / "cross_encoders/models/bert-typed", [(TEXT, f"a train, {TEXT}")]
    left = {"truncation_side": "left"}
    expected = CrossEncoder(place, backend="reference", processor_kwargs=left)
    model = CrossEncoder(place, backend="reference")
    expected.max_seq_length = model.max_seq_length = 9
    found = model.predict(pair, processing_kwargs={"text": left})
    np.testing.assert_allclose(found, expected.predict(pair), rtol=1e-5)
    assert not np.allclose(found, model.predict(pair), rtol=1e-4)


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    return build("clip", tmp_path_factory.mktemp("clip"))


@pytest.mark.parametrize("kind", ["words", "images"])
def test_words_and_texts_beside_images_have_one_side(kind, request):
    place = request.getfixturevalue("clip") if kind == "images" else PARITY / "words" / "short"
    model = SentenceTransformer(place, backend="reference")
    with pytest.raises((InputError, Unsupported), match=r"first words|texts alone"):
        model.encode("a river", processing_kwargs={"text": {"truncation_side": "left"}})
    right = {"text": {"truncation_side": "right"}}
    np.testing.assert_allclose(
        model.encode("a river", processing_kwargs=right), model.encode("a river")
    )


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
        {"text": {"truncation_side": "middle"}},
        {"text": {"truncation_side": "left"}, "common": {"truncation_side": "right"}},
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
