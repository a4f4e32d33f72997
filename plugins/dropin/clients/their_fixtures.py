"""A plugin of pytest: the fixtures that published tests of sentence-transformers ask for and do not bring."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

NAME = "sentence-transformers-testing/stsb-bert-tiny-safetensors"


def _model() -> Any:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(NAME)
    model.model_card_data.generate_widget_examples = False
    return model


@pytest.fixture(scope="session")
def _one_model() -> Any:
    return _model()


@pytest.fixture
def stsb_bert_tiny_model(_one_model: Any) -> Any:
    """The model of sentences, a copy for each test."""
    return deepcopy(_one_model)


@pytest.fixture(scope="session")
def stsb_bert_tiny_model_reused() -> Any:
    """The model of sentences, one for all tests."""
    return _model()


@pytest.fixture
def avg_word_embeddings_levy() -> None:
    """A published table of words, which nothing here brings."""
    pytest.skip("a published model, which nothing here brings")


@pytest.fixture
def cache_dir() -> None:
    """No other cache than the one of the run."""


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    """The tokenizer of the models."""
    from tokenizers import Tokenizer
    from transformers import AutoTokenizer

    made: Tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased").backend_tokenizer
    return made


def _published() -> None:
    pytest.skip("a published model, which nothing here brings")


paraphrase_distilroberta_base_v1_model = pytest.fixture(
    _published, name="paraphrase_distilroberta_base_v1_model"
)
clip_vit_b_32_model = pytest.fixture(_published, name="clip_vit_b_32_model")
distilbert_base_uncased_model = pytest.fixture(_published, name="distilbert_base_uncased_model")
stsb_dataset_dict = pytest.fixture(_published, name="stsb_dataset_dict")
static_retrieval_mrl_en_v1_model = pytest.fixture(
    _published, name="static_retrieval_mrl_en_v1_model"
)
