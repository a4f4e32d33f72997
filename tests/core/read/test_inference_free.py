"""Inference-free sparse models of before ``modules.json``: ``idf.json`` beside a masked language model."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from isomorph import SparseEncoder
from isomorph.errors import AmbiguousHead, BadModel
from isomorph.testing import models

TEXTS = ["the cat sat", "a red bird and a red sun", "", "the zebra"]


@pytest.fixture
def folder(tmp_path):
    """The layout in which such models were published first."""
    folder = models.write("bert-fill-mask", tmp_path / "model")
    for name in ("modules.json", "config_sentence_transformers.json", "sentence_bert_config.json"):
        (folder / name).unlink()
    for place in folder.glob("1_*"):
        shutil.rmtree(place)
    config = json.loads((folder / "config.json").read_text())
    config["architectures"] = ["BertForMaskedLM"]
    (folder / "config.json").write_text(json.dumps(config))
    vocabulary = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    drawn = np.random.default_rng(1).uniform(0.5, 9, len(vocabulary))
    weights = dict(zip(vocabulary, drawn.round(3).tolist(), strict=True))
    (folder / "idf.json").write_text(json.dumps(weights))
    return folder


def weighed(folder, model):
    """What the authors' code gives for queries: the weight of each token that a text has."""
    weights = json.loads((folder / "idf.json").read_text())
    rows = np.zeros((len(TEXTS), model.get_embedding_dimension()), np.float32)
    for row, text in zip(rows, TEXTS, strict=True):
        found = model.tokenizer.encode(text, add_special_tokens=False)
        for number, token in zip(found.ids, found.tokens, strict=True):
            row[number] = weights[token]
    return rows


def test_queries_are_weights_and_documents_go_through_the_model(folder, backend):
    with SparseEncoder(folder, backend=backend) as model:
        queries, documents = model.encode_query(TEXTS), model.encode_document(TEXTS)
        want = weighed(folder, model)
        np.testing.assert_allclose(queries.toarray(), want, rtol=0, atol=1e-6)
        np.testing.assert_array_equal(model.encode(TEXTS).toarray(), documents.toarray())
    weights = folder / "idf.json"
    kept = weights.read_text()
    weights.unlink()
    with SparseEncoder(folder, backend=backend) as plain:
        np.testing.assert_allclose(
            documents.toarray(), plain.encode(TEXTS).toarray(), rtol=0, atol=1e-6
        )
    weights.write_text(kept)


def test_what_was_saved_gives_the_same(folder, tmp_path):
    model = SparseEncoder(folder, backend="reference")
    model.save_pretrained(tmp_path / "saved")
    again = SparseEncoder(tmp_path / "saved", backend="reference")
    for call in ("encode_query", "encode_document", "encode"):
        got, want = (getattr(each, call)(TEXTS).toarray() for each in (again, model))
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("content", ['{"zebra": 1.0}', '{"the": "x"}', "[]", "{", '{"the": 0}'])
def test_weights_that_are_none(content, folder):
    (folder / "idf.json").write_text(content)
    with pytest.raises(BadModel, match=r"idf\.json"):
        SparseEncoder(folder, backend="reference")


def test_a_listed_model_is_what_its_list_says(folder):
    (folder / "modules.json").write_text(
        json.dumps([{"path": "", "type": "sentence_transformers.models.Transformer"}])
    )
    with pytest.raises(AmbiguousHead):
        SparseEncoder(folder, backend="reference")
