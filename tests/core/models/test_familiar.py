"""What programs written for sentence-transformers ask of any model, beside encoding."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from isomorph import CrossEncoder, SentenceTransformer
from isomorph.contract import Device
from isomorph.errors import DeviceUnavailable, InputError, TruncationWarning, Unsupported

PARITY = Path(__file__).parents[2] / "parity"
TEXTS = ["the river carries stones", "a sea", ""]
LONG = "river " * 90


@pytest.fixture
def model(folder):
    return SentenceTransformer(folder, backend="reference")


@pytest.fixture
def reranker():
    return CrossEncoder(PARITY / "cross_encoders" / "models" / "bert-typed", backend="reference")


class TestInputs:
    def test_texts_are_what_may_be_passed(self, model):
        assert model.modalities == ["text"]
        assert model.supports("text")
        assert not model.supports("image")
        assert not model.supports(("image", "text"))

    def test_one_input_or_many(self, model, reranker):
        assert model.is_singular_input("a text")
        assert not model.is_singular_input(("a text", "another"))
        assert reranker.is_singular_input(("a query", "a document"))
        assert not reranker.is_singular_input([("a query", "a document")])

    def test_preprocessed_texts_are_padded_rows(self, model):
        fed = model.preprocess(TEXTS)
        ids, mask = fed["input_ids"], fed["attention_mask"]
        assert ids.shape == mask.shape == (3, mask.sum(axis=1).max())
        assert ids.dtype == mask.dtype == np.int64
        longer = model.preprocess(TEXTS, prompt="the sea ")
        assert longer["attention_mask"].sum() > mask.sum()
        assert model.preprocess([]) == {}

    def test_preprocessed_pairs_have_types(self, reranker):
        fed = reranker.preprocess([("a sea", "the river"), ("a", "b")])
        assert set(np.unique(fed["token_type_ids"])) == {0, 1}

    def test_pairs_of_texts_have_a_vector_each(self, model):
        pairs = [("a sea", "the river"), ("stones", "a")]
        fed = model.__loaded__().run_feeds(model.preprocess(pairs))
        found = model.encode(pairs)
        np.testing.assert_allclose(found, fed["sentence_embedding"], atol=1e-6)
        np.testing.assert_array_equal(model.encode(np.array(pairs)), found)
        np.testing.assert_array_equal(model.encode([list(each) for each in pairs]), found)
        assert model.encode(("a sea", "the river")).shape == found.shape

    @pytest.mark.parametrize(
        ("arguments", "options"), [(("a text",), {}), (([7],), {}), ((TEXTS,), {"task": "x"})]
    )
    def test_what_cannot_be_preprocessed(self, model, arguments, options):
        with pytest.raises(InputError):
            model.preprocess(*arguments, **options)

    def test_the_processor_is_the_tokenizer(self, model):
        assert model.processor is model.tokenizer

    def test_model_kwargs(self, model):
        assert model.get_model_kwargs() == []


class TestOldNames:
    def test_each_warns_and_does_what_the_new_one_does(self, model):
        with pytest.warns(DeprecationWarning, match="max_seq_length"):
            assert model.get_max_seq_length() == model.max_seq_length
        with pytest.warns(DeprecationWarning, match="preprocess"):
            old = model.tokenize(TEXTS)
        np.testing.assert_array_equal(old["input_ids"], model.preprocess(TEXTS)["input_ids"])

    def test_of_the_constructor(self, folder):
        with pytest.warns(DeprecationWarning, match="is an old name") as caught:
            model = SentenceTransformer(
                folder,
                backend="reference",
                tokenizer_kwargs={"model_max_length": 9},
                use_auth_token=False,
            )
        assert {warning.filename for warning in caught} == {__file__}
        said = " ".join(str(warning.message) for warning in caught)
        assert "processor_kwargs=" in said
        assert "token=" in said
        assert model.max_seq_length == 9
        with pytest.raises(InputError, match="two names"):
            SentenceTransformer(
                folder, tokenizer_kwargs={}, processor_kwargs={"padding_side": "left"}
            )

    def test_of_the_calls(self, model, reranker):
        with pytest.warns(DeprecationWarning, match="sentences= is an old name; write inputs="):
            old = model.encode(sentences=TEXTS)
        np.testing.assert_array_equal(old, model.encode(TEXTS))
        with pytest.warns(DeprecationWarning, match="get_embedding_dimension") as caught:
            assert model.get_sentence_embedding_dimension() == model.get_embedding_dimension()
        assert caught[0].filename == __file__
        with pytest.warns(DeprecationWarning, match="activation_fct= is an old name"):
            raw = reranker.predict([("a", "b")], activation_fct="Identity")
        np.testing.assert_array_equal(raw, reranker.predict([("a", "b")], activation_fn="Identity"))


class TestLongInputs:
    def test_one_warning_a_call(self, model):
        with pytest.warns(TruncationWarning, match="2 of 4 inputs were cut at 64 tokens") as caught:
            model.encode([LONG, "short", LONG, ""])
        assert len(caught) == 1
        assert caught[0].filename == __file__
        assert model.report().truncated == (0, 2)

    def test_none_where_nothing_was_cut(self, model):
        with warnings.catch_warnings():
            warnings.simplefilter("error", TruncationWarning)
            model.encode(TEXTS)

    def test_they_can_be_refused(self, model):
        with pytest.raises(InputError, match="first of them input 1; the longest has"):
            model.encode(["short", LONG], on_long="error")
        model.encode(["short"], on_long="error")
        with pytest.raises(InputError, match="on_long"):
            model.encode(TEXTS, on_long="no_such")

    def test_a_report_of_the_call(self, model, reranker):
        vectors, call = model.encode(["short", LONG], return_report=True)
        assert vectors.shape[0] == call.texts == 2
        assert call.truncated == (1,)
        scores, call = reranker.predict([("a", LONG), ("a", "b")], return_report=True)
        assert (len(scores), call.truncated) == (2, (0,))


class TestMoving:
    def test_to_where_it_is(self, model):
        assert model.to("cpu") is model

    def test_to_a_device_that_is_not_there(self, model):
        with pytest.raises(DeviceUnavailable, match="gpu:7"):
            model.to("gpu:7")
        assert model.device == Device("cpu")

    def test_training_needs_a_live_model(self, model):
        assert model.transformers_model is None
        with pytest.raises(Unsupported, match="graph"):
            model.gradient_checkpointing_enable()


def test_the_prompt_can_be_left_out_of_the_pooling(model):
    with_prompt = model.encode(TEXTS, prompt="the sea ")
    model.set_pooling_include_prompt(False)
    without = model.encode(TEXTS, prompt="the sea ")
    assert np.abs(with_prompt - without).max() > 1e-3
    model.set_pooling_include_prompt(True)
    np.testing.assert_allclose(model.encode(TEXTS, prompt="the sea "), with_prompt, atol=1e-6)


def test_a_static_model_has_no_pooling():
    model = SentenceTransformer(PARITY / "models" / "static", backend="reference")
    with pytest.raises(Unsupported, match="no pooling"):
        model.set_pooling_include_prompt(False)
    assert set(model.preprocess(TEXTS)) == {"input_ids", "offsets"}
