"""What programs find of tokens, and what they may say on a tokenizer."""

from importlib import import_module

import numpy as np
import pytest
import torch

from isomorph.errors import Unsupported

from .conftest import MINILM

TEXTS = ["The weather is lovely today.", "It's so sunny outside!"]


@pytest.fixture
def model(library):
    return library.SentenceTransformer(str(MINILM), backend="reference")


def test_features_of_each_text_are_those_of_the_tokenizer(model):
    """Recorded from sentence-transformers 6.2.0."""
    names = ["input_ids", "token_type_ids", "attention_mask", "modality", "token_embeddings"]
    found = model.encode(TEXTS, output_value=None)
    for each, text in zip(found, TEXTS, strict=True):
        assert list(each) == [*names, "sentence_embedding"]
        assert each["input_ids"].tolist() == model.tokenizer(text)["input_ids"]
        assert each["token_type_ids"].tolist() == [0] * len(each["input_ids"])
        assert each["modality"] == "text"
    assert list(model.encode(TEXTS[0], output_value=None)) == list(found[0])
    assert "token_type_ids" not in model.encode([("a", "b")], output_value=None)[0]
    assert model.encode([], output_value=None) == []


def test_features_go_through_a_model_in_place_and_keep_their_kind(model):
    features = model.preprocess(TEXTS)
    assert list(features) == ["input_ids", "token_type_ids", "attention_mask", "modality"]
    assert model(features) is features
    np.testing.assert_allclose(
        features["sentence_embedding"].numpy(), model.encode(TEXTS), atol=1e-6
    )
    some = {name: features[name] for name in ("input_ids", "attention_mask")}
    assert model.forward(some) is some
    torch.testing.assert_close(some["sentence_embedding"], features["sentence_embedding"])


@pytest.mark.parametrize("way", ["set", "processor_kwargs"])
def test_features_are_padded_on_the_side_of_the_tokenizer(library, model, way):
    if way == "set":
        model.tokenizer.padding_side = "left"
    else:
        sides = {way: {"padding_side": "left"}}
        model = library.SentenceTransformer(str(MINILM), backend="reference", **sides)
    assert model.tokenizer.padding_side == "left"
    expected = model.tokenizer(TEXTS, padding=True, return_tensors="pt")
    found = model.preprocess(TEXTS)
    for name, tensor in expected.items():
        torch.testing.assert_close(found[name], tensor)


@pytest.mark.parametrize(
    "change",
    [
        lambda tokenizer: setattr(tokenizer, "truncation_side", "left"),
        lambda tokenizer: tokenizer.add_tokens(["sunny outside"]),
    ],
)
def test_what_is_said_on_a_tokenizer_and_would_be_passed_over_is_refused(model, change):
    change(model.tokenizer)
    for call in (model.encode, model.preprocess):
        with pytest.raises(Unsupported, match="processor_kwargs"):
            call(TEXTS)


def test_a_side_of_truncation_is_told_and_done(library):
    said = {"truncation_side": "left", "model_max_length": 4}
    model = library.SentenceTransformer(str(MINILM), backend="reference", processor_kwargs=said)
    assert model.tokenizer.truncation_side == "left"
    expected = model.tokenizer(TEXTS, truncation=True)["input_ids"]
    assert model.preprocess(TEXTS)["input_ids"].tolist() == expected


def test_a_layer_has_no_names_of_a_pooling():
    modules = import_module("sentence_transformers.models")
    assert modules.Pooling(8, ("cls", "mean")).pooling_output_dimension == 16
    layer = modules.Dense(8, 4, init_weight=np.zeros((4, 8), np.float32), bias=False)
    assert layer.get_embedding_dimension() == 4
    assert not hasattr(layer, "pooling_output_dimension")


def test_a_transformer_made_by_hand_cuts_where_its_tokenizer_says(library):
    """As sentence-transformers 6.2.0: sentence_bert_config.json, which says 256, is of a whole folder."""
    modules = import_module("sentence_transformers.models")
    made = modules.Transformer(str(MINILM))
    assert made.max_seq_length == 512
    chain = [made, modules.Pooling(384)]
    model = library.SentenceTransformer(modules=chain, backend="reference")
    assert model.max_seq_length == 512
    assert model.preprocess(["word " * 400])["input_ids"].shape == (1, 402)
    assert modules.Transformer(str(MINILM), max_seq_length=128).max_seq_length == 128
    assert library.SentenceTransformer(str(MINILM), backend="reference").max_seq_length == 256
