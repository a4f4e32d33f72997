"""Folders with FlagEmbedding's two further heads: their formulas, written here in numpy."""

from __future__ import annotations

import json

import numpy as np
import pickled_files
import pytest

from isomorph import MultiVectorEncoder, SentenceTransformer, SparseEncoder
from isomorph.errors import AmbiguousHead, BadModel
from isomorph.testing import models

TEXTS = ["the quick brown fox", "a river and a river and the sea", "", "the zebra"]


def heads(folder, width, drawn):
    for name, rows in (("sparse_linear.pt", 1), ("colbert_linear.pt", 24)):
        weight = drawn.normal(0, 0.5, (rows, width)).astype(np.float32)
        bias = drawn.normal(0, 0.1, rows).astype(np.float32)
        (folder / name).write_bytes(pickled_files.zipped({"weight": weight, "bias": bias}))
        yield weight, bias


@pytest.fixture
def published(tmp_path):
    """The layout of bge-m3: XLM-R, its weights pickled, CLS pooling, normalised, two heads."""
    folder = models.write("xlm-roberta", tmp_path / "model")
    width = json.loads((folder / "config.json").read_text())["hidden_size"]
    found = list(heads(folder, width, np.random.default_rng(3)))
    pickled_files.convert(folder)
    return folder, *found


def tokens(folder, backend):
    """Ids and last hidden states of the texts."""
    model = SentenceTransformer(folder, backend=backend)
    states = model.encode(TEXTS, output_value="token_embeddings")
    ids = [model.tokenizer.encode(text).ids for text in TEXTS]
    return model, ids, states


def test_the_weights_of_tokens(published, backend):
    folder, (weight, bias), _ = published
    model, ids, states = tokens(folder, backend)
    special = {model.tokenizer.token_to_id(t) for t in ("[CLS]", "[SEP]", "[PAD]", "[UNK]")}
    with SparseEncoder(folder, backend=backend) as sparse:
        got = sparse.encode(TEXTS, convert_to_sparse_tensor=False)
    want = np.zeros_like(got)
    for row, (numbers, state) in enumerate(zip(ids, states, strict=True)):
        for number, value in zip(numbers, np.maximum(state @ weight[0] + bias[0], 0), strict=True):
            if number not in special:
                want[row, number] = max(want[row, number], value)
    assert got.any()
    np.testing.assert_allclose(got, want, rtol=0, atol=1e-5)


def test_one_vector_a_token_but_the_first(published, backend):
    folder, _, (weight, bias) = published
    _, _, states = tokens(folder, backend)
    with MultiVectorEncoder(folder, backend=backend) as multi:
        for encode in (multi.encode, multi.encode_query, multi.encode_document):
            for got, state in zip(encode(TEXTS), states, strict=True):
                want = state[1:] @ weight.T + bias
                want /= np.linalg.norm(want, axis=1, keepdims=True)
                np.testing.assert_allclose(got, want, rtol=0, atol=1e-5)


@pytest.mark.parametrize("load", [SparseEncoder, MultiVectorEncoder])
def test_what_was_saved_gives_the_same(published, load, tmp_path):
    folder, *_ = published
    model = load(folder)
    model.save_pretrained(tmp_path / "saved")
    again = load(tmp_path / "saved")
    given = {"convert_to_sparse_tensor": False} if load is SparseEncoder else {}
    got, want = again.encode(TEXTS, **given), model.encode(TEXTS, **given)
    for one, other in zip(got, want, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)


@pytest.mark.parametrize("load", [SparseEncoder, MultiVectorEncoder])
def test_a_head_that_is_another(published, load):
    folder, *_ = published
    for name in ("sparse_linear.pt", "colbert_linear.pt"):
        (folder / name).write_bytes(pickled_files.zipped({"weight": np.ones(3, np.float32)}))
    with pytest.raises(BadModel, match="not a matrix 'weight' and a 'bias'"):
        load(folder)


@pytest.mark.parametrize("load", [SparseEncoder, MultiVectorEncoder])
def test_a_folder_without_heads_is_refused(published, load):
    folder, *_ = published
    for name in ("sparse_linear.pt", "colbert_linear.pt"):
        (folder / name).unlink()
    with pytest.raises(AmbiguousHead):
        load(folder)
