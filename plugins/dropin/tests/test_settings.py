"""Configurations, cards and routes of loaded models, as programs read and set them."""

from importlib import import_module

import numpy as np
import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from isomorph.errors import Unsupported

from .conftest import MINILM


def table(library):
    words = Tokenizer(WordLevel({"[UNK]": 0, "a": 1, "b": 2}, unk_token="[UNK]"))
    weights = np.eye(3, 4, dtype=np.float32)
    return library.models.StaticEmbedding(words, embedding_weights=weights)


def test_the_configuration_of_a_graph_is_one_object_and_stays_what_it_was(library):
    model = library.SentenceTransformer(str(MINILM), backend="reference")
    config = model.config
    assert config is model.config
    assert config.hidden_size == 384
    model.config = type(config)(**config.to_dict())
    assert model.config is not config
    with pytest.raises(Unsupported, match="a graph that is made of the configuration"):
        model.config = type(config)(num_hidden_layers=2)


def test_the_configuration_of_a_live_model_is_its_own(library):
    model = library.SentenceTransformer(str(MINILM), backend="torch")
    other = type(model.config)(**model.config.to_dict())
    model.config = other
    assert model[0].auto_model.config is model.config is other


def test_without_a_transformer_there_is_no_configuration_and_setting_one_does_nothing(library):
    model = library.SentenceTransformer(modules=[table(library)], backend="reference")
    model.config = "anything"
    assert model.config is None


def test_the_card_is_the_one_that_would_be_saved(library, tmp_path):
    home = import_module("sentence_transformers.base.model_card")
    model = library.SentenceTransformer(modules=[table(library)], backend="reference")
    card = home.generate_model_card(model)
    model.save_pretrained(str(tmp_path / "model"))
    assert card == (tmp_path / "model" / "README.md").read_text("utf-8")
    assert card.startswith("---\n")
    assert isinstance(model.model_card_data, home.BaseModelCardData)


def test_a_loaded_router_keeps_its_default_route(library, tmp_path):
    router = library.models.Router.for_query_document([table(library)], [table(library)])
    model = library.SentenceTransformer(modules=[router], backend="reference")
    model[0].default_route = "document"
    with pytest.raises(Unsupported, match="keeps its default_route, 'document'"):
        model[0].default_route = "query"


def test_features_say_what_they_are_of_and_what_the_chain_writes_on_its_way(library):
    import torch

    model = library.SentenceTransformer(str(MINILM), backend="reference")
    features = model.tokenize(["a b", "c"])
    assert features["modality"] == "text"
    made = model(features)
    assert made["token_embeddings"].shape == (2, 4, 384)
    torch.testing.assert_close(
        made["sentence_embedding"], model.encode(["a b", "c"], convert_to_tensor=True)
    )
    assert model.encode("a b", output_value=None)["modality"] == "text"
    assert [name for name, _ in model.named_children()] == ["0", "1", "2"]
    settings = model[1].get_config_dict()
    assert settings["pooling_mode"] == "mean"
    np.testing.assert_array_equal(model.encode([{"text": "a b"}]), model.encode(["a b"]))
    np.testing.assert_array_equal(model.encode({"text": "a b"}), model.encode("a b"))


def test_sparse_calls_of_nothing_and_of_what_is_no_tensor(library, folders):
    import torch

    model = library.SparseEncoder(str(folders / "splade"), backend="reference")
    sparse, dense = model.encode([]), model.encode([], convert_to_sparse_tensor=False)
    assert (sparse.shape, sparse.is_sparse, dense.shape) == ((0,), True, (0,))
    assert model.encode([], convert_to_tensor=False) == []
    with pytest.raises(TypeError, match=r"Expected torch\.Tensor"):
        model.decode([1, 2, 3])
    cosine = library.SimilarityFunction.to_similarity_fn("cosine")
    assert isinstance(cosine(np.eye(2), np.eye(2)), torch.Tensor)
    model.similarity_fn_name = library.SimilarityFunction.COSINE
    assert model.similarity_fn_name == "cosine"
