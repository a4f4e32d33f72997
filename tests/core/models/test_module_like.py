"""What programs call on a model because sentence-transformers' models are modules of its engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from isomorph import CrossEncoder, SentenceTransformer
from isomorph.contract import Device
from isomorph.errors import DeviceUnavailable, InputError, Unsupported
from isomorph.models.module_like import NOT_HERE

PARITY = Path(__file__).parents[2] / "parity"
TEXTS = ["the river carries stones", "a sea", ""]


@pytest.fixture(scope="module")
def model():
    with SentenceTransformer(PARITY / "models" / "long-chain", backend="reference") as loaded:
        yield loaded


class TestSequence:
    def test_a_model_is_a_sequence_of_its_modules(self, model):
        modules = list(model)
        assert len(model) == len(modules) > 2
        assert model[0] is modules[0]
        assert model[-1] is modules[-1]
        assert model[1:3] == tuple(modules[1:3])
        assert list(model.children()) == modules

    def test_the_modules_have_names(self, model):
        named = dict(model.named_children())
        assert list(named) == [module.name for module in model]
        assert list(named.values()) == list(model)
        assert list(model.named_modules()) == [("", model), *named.items()]
        assert list(model.modules()) == [model, *model]

    def test_there_is_no_module_behind_the_last(self, model):
        with pytest.raises(IndexError):
            model[len(model)]


class TestPlacing:
    def test_where_it_is_already(self, model):
        for moved in (
            model.to("cpu"),
            model.to(Device("cpu")),
            model.to(device="cpu"),
            model.cpu(),
        ):
            assert moved is model
        assert model.eval() is model
        assert model._target_device == model.device

    @pytest.mark.parametrize("device", [None, 0, 1, "cuda", "cuda:1", Device("cuda", 1)])
    def test_a_gpu_that_is_not_there(self, model, device):
        with pytest.raises(DeviceUnavailable, match="cuda"):
            model.cuda(device)
        assert model.device == Device("cpu")

    @pytest.mark.parametrize("wanted", ["float32", np.float32, np.dtype("float32")])
    def test_the_arithmetic_that_it_has(self, model, wanted):
        assert model.to(wanted) is model
        assert model.to(dtype=wanted) is model
        assert model.float() is model
        assert model.dtype == np.float32

    def test_an_arithmetic_that_it_has_not(self, model):
        before = model.encode(TEXTS)
        for cast in (model.half, model.bfloat16, lambda: model.to(np.float16)):
            with pytest.raises(Unsupported, match="was asked for"):
                cast()
        np.testing.assert_array_equal(model.encode(TEXTS), before)

    def test_what_is_no_dtype(self, model):
        with pytest.raises(InputError, match="int8"):
            model.to(dtype="int8")
        with pytest.raises(InputError, match="cannot be read"):
            model.to("no device")

    def test_a_graph_is_compiled_already(self, model):
        with pytest.raises(Unsupported, match="compiled already"):
            model.compile()


@pytest.mark.parametrize("name", NOT_HERE)
def test_what_is_not_here_says_where_it_is(model, name):
    assert not hasattr(model, name)
    with pytest.raises(AttributeError, match=name) as caught:
        getattr(model, name)
    assert NOT_HERE[name] in str(caught.value)


class TestFeatures:
    """``output_value=None``: all that the model makes of a text."""

    def test_one_dictionary_a_text(self, backend):
        texts = [*TEXTS, "boats", "nets", "a harbour"]
        with SentenceTransformer(PARITY / "models" / "long-chain", backend=backend) as model:
            found = model.encode(texts, output_value=None)
            vectors, tokens = (
                model.encode(texts),
                model.encode(texts, output_value="token_embeddings"),
            )
        assert len(found) == len(texts)
        for each, vector, matrix in zip(found, vectors, tokens, strict=True):
            np.testing.assert_allclose(each["sentence_embedding"], vector, atol=1e-5)
            np.testing.assert_allclose(each["token_embeddings"], matrix, atol=1e-5)
            assert each["input_ids"].shape == each["attention_mask"].shape == matrix.shape[:1]
            assert each["input_ids"].dtype == np.int64
            assert each["attention_mask"].all()

    def test_the_ids_are_the_tokenizer_s(self, model):
        found = model.encode(TEXTS[0], output_value=None)
        assert found["input_ids"].tolist() == model.tokenizer.encode(TEXTS[0]).ids
        with_prompt = model.encode(TEXTS[0], output_value=None, prompt="a sea ")
        assert len(with_prompt["input_ids"]) > len(found["input_ids"])

    def test_truncated_reported_and_empty(self, model):
        found, call = model.encode(TEXTS, output_value=None, truncate_dim=3, return_report=True)
        assert [each["sentence_embedding"].shape for each in found] == [(3,)] * 3
        assert call.texts == 3
        assert model.encode([], output_value=None) == []

    def test_a_model_without_token_vectors(self):
        model = SentenceTransformer(PARITY / "models" / "static", backend="reference")
        (found,) = model.encode(TEXTS[:1], output_value=None)
        assert set(found) == {"input_ids", "attention_mask", "sentence_embedding"}
        assert len(found["input_ids"]) == len(found["attention_mask"])

    def test_it_is_not_quantised(self, model):
        with pytest.raises(InputError, match="output_value=None"):
            model.encode(TEXTS, output_value=None, precision="int8")


def test_an_evaluator_finds_its_folder(model, tmp_path):
    seen = []
    wanted = tmp_path / "not" / "there"
    assert model.evaluate(lambda *given: seen.append(given) or 0.5, wanted) == 0.5
    assert model.evaluate(lambda *given: seen.append(given) or {"a": 1.0}) == {"a": 1.0}
    assert seen == [(model, str(wanted)), (model, None)]
    assert wanted.is_dir()


def test_a_reranker_s_length_has_two_names():
    with CrossEncoder(
        PARITY / "cross_encoders" / "models" / "bert-typed", backend="reference"
    ) as model:
        assert model.max_length == model.max_seq_length
        model.max_length = 12
        assert model.max_seq_length == 12
