"""Numbers that are not finite: told once a call, with the inputs they belong to, and only of these."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from isomorph import CrossEncoder, SentenceTransformer, SparseEncoder
from isomorph.errors import NotFiniteWarning
from isomorph.postprocess.finite import all_finite
from isomorph.testing.models import write

TEXTS = ["a dog", "the cat sat on the mat and a dog ran in the rain", "cat", "sun"]
WORDS = "embeddings.word_embeddings.weight"
POSITIONS = "embeddings.position_embeddings.weight"
PAD, SUN = "[PAD]", "sun"


def spoilt(folder, token, value, table=WORDS):
    """The model in the folder with one row of a table overwritten; `token` is a word, or a row."""
    from tokenizers import Tokenizer

    (file,) = (
        f for f in folder.rglob("*.safetensors") if any(k.endswith(table) for k in load_file(f))
    )
    tensors = load_file(file)
    (name,) = (name for name in tensors if name.endswith(table))
    if isinstance(token, str):
        token = Tokenizer.from_file(str(next(folder.rglob("tokenizer.json")))).token_to_id(token)
    tensors[name][token] = value
    save_file(tensors, file, {"format": "pt"})
    return str(folder)


def quietly(run, *args, **kwargs):
    """The result of a call that may not warn."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return run(*args, **kwargs)


def told(run, *args, **kwargs):
    """The result of a call, and the messages of its warnings about numbers that are not finite."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = run(*args, **kwargs)
    assert all(each.category is NotFiniteWarning for each in caught), [
        str(e.message) for e in caught
    ]
    return result, [str(each.message) for each in caught]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["bert", "roberta", "pool-max", "pool-last"])
def test_a_padding_token_that_is_not_finite_spoils_no_neighbour(tmp_path, backend, name, value):
    whole = SentenceTransformer(write(name, tmp_path / "whole"), backend=backend)
    folder = write(name, tmp_path / "spoilt")
    model = SentenceTransformer(spoilt(folder, PAD, value), backend=backend)
    expected = whole.encode(TEXTS)
    np.testing.assert_allclose(quietly(model.encode, TEXTS), expected, rtol=0, atol=1e-5)
    for deterministic in (False, True):
        found = quietly(model.encode, TEXTS, deterministic=deterministic)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)
    tokens = quietly(model.encode, TEXTS, output_value="token_embeddings")
    for found, wanted in zip(
        tokens, whole.encode(TEXTS, output_value="token_embeddings"), strict=True
    ):
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-5)
    model.close()
    whole.close()


def test_a_position_that_is_not_finite_spoils_only_texts_that_reach_it(tmp_path, backend):
    folder = spoilt(write("bert", tmp_path), 7, np.nan, POSITIONS)
    model = SentenceTransformer(folder, backend=backend)
    found, messages = told(model.encode, TEXTS)
    assert np.isfinite(found).all(axis=1).tolist() == [True, False, True, True]
    assert len(messages) == 1
    assert "1 of 4 inputs are not finite: input 1." in messages[0]
    model.close()


def test_one_warning_a_call_says_which_inputs(tmp_path, backend):
    model = SentenceTransformer(spoilt(write("bert", tmp_path), SUN, np.nan), backend=backend)
    texts = ["sun", *TEXTS, "the sun", "sun"]
    (found, call), messages = told(model.encode, texts, return_report=True)
    assert len(messages) == 1
    assert "inputs 0, 4, 5, 6." in messages[0]
    assert call.not_finite == (0, 4, 5, 6)
    assert np.flatnonzero(~np.isfinite(found).all(axis=1)).tolist() == [0, 4, 5, 6]
    assert len(told(model.encode, "sun")[1]) == 1
    assert len(told(model.encode, texts, output_value="token_embeddings")[1]) == 1
    assert len(told(model.encode, texts, on_long="report")[1]) == 1
    quietly(model.encode, TEXTS[:3])
    model.close()


def test_a_long_list_is_shortened_and_the_report_has_all(tmp_path):
    model = SentenceTransformer(spoilt(write("bert", tmp_path), SUN, np.nan), backend="reference")
    (_, call), messages = told(model.encode, ["sun"] * 30, return_report=True)
    assert "inputs 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 20 more." in messages[0]
    assert call.not_finite == tuple(range(30))
    model.close()


def test_a_stream_and_rows_that_go_elsewhere_warn_once_with_indices_of_the_call(
    tmp_path, monkeypatch
):
    model = SentenceTransformer(spoilt(write("bert", tmp_path), SUN, np.nan), backend="reference")
    texts = [f"{'sun' if index % 4 == 3 else 'cat'} {'the ' * index}" for index in range(12)]
    _, messages = told(lambda: list(model.encode_iter(texts, window_size=2)))
    assert len(messages) == 1
    assert "inputs 3, 7, 11." in messages[0]
    out = np.zeros((12, model.get_embedding_dimension()), np.float32)
    monkeypatch.setattr(
        "isomorph.models.windows.places", lambda items, inputs: [slice(0, 5), slice(5, 12)]
    )
    _, messages = told(model.encode, texts, out=out)
    assert len(messages) == 1
    assert "inputs 3, 7, 11." in messages[0]
    model.close()


def test_a_pool_warns_once_with_indices_of_the_call(tmp_path):
    model = SentenceTransformer(spoilt(write("bert", tmp_path), SUN, np.nan), backend="reference")
    texts = [f"{'sun' if index % 4 == 3 else 'cat'} {'the ' * index}" for index in range(12)]
    with model.start_multi_process_pool(["cpu", "cpu"]) as pool:
        _, messages = told(model.encode, texts, pool=pool, chunk_size=2)
    assert len(messages) == 1
    assert "inputs 3, 7, 11." in messages[0]
    model.close()


def test_scores_of_pairs(tmp_path, backend):
    name = "bert-sequence-classification"
    model = CrossEncoder(spoilt(write(name, tmp_path), SUN, np.nan), backend=backend)
    pairs = [("the cat", "the sun"), ("cat", "dog"), ("the cat sat on the mat", "rain")]
    found, messages = told(model.predict, pairs)
    assert np.isfinite(found.reshape(3, -1)).all(axis=1).tolist() == [False, True, True]
    assert len(messages) == 1
    assert "input 0." in messages[0]
    model.close()


@pytest.mark.parametrize("name", ["splade-untied", "splade-sum"])
def test_sparse_vectors(tmp_path, backend, name):
    """An engine's maximum may leave NaN out: then a spoilt text would have a vector of zeros."""
    model = SparseEncoder(spoilt(write(name, tmp_path), 7, np.nan, POSITIONS), backend=backend)
    found, messages = told(model.encode, TEXTS)
    rows = found.toarray()
    assert np.isnan(rows[1]).any()
    assert np.isfinite(rows[[0, 2, 3]]).all()
    assert len(messages) == 1
    assert "input 1." in messages[0]
    model.close()


def test_a_sparse_weight_that_is_not_finite_is_that_of_its_token_alone(tmp_path, backend):
    folder = write("sparse-static", tmp_path)
    model = SparseEncoder(spoilt(folder, SUN, np.nan, "weight"), backend=backend)
    found, messages = told(model.encode, TEXTS)
    assert np.isfinite(found.toarray()).all(axis=1).tolist() == [True, True, True, False]
    assert len(messages) == 1
    model.close()


def test_large_numbers_are_finite_though_their_squares_are_not():
    assert all_finite(np.full(10, 3e38, np.float32))
    for size in (1, 10, 100_000):
        for value in (np.nan, np.inf, -np.inf):
            array = np.ones(size, np.float32)
            assert all_finite(array)
            array[size // 2] = value
            assert not all_finite(array)
    assert all_finite(np.zeros((0, 5), np.float32))
