"""Models that are built from parts are those that would be loaded from a folder with the same modules."""

from __future__ import annotations

import copy
import gc
import json
import pickle
import shutil
from collections import OrderedDict

import numpy as np
import pytest

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder, parts
from isomorph.errors import InputError, Unsupported
from isomorph.machine.afterwards import AFTERWARDS

from .folders import PARITY, TEXTS, answers, folders

FOLDERS = folders()
LONG = PARITY / "models" / "long-chain"
MEAN = PARITY / "models" / "bert-mean"
STATIC = PARITY / "models" / "static"
SPLADE = PARITY / "sparse" / "models" / "splade-max"
RANKER = PARITY / "cross_encoders" / "models" / "bert-plain"
MASKED = PARITY / "multi_vector" / "models" / "min"


def width():
    return SentenceTransformer(MEAN).get_embedding_dimension()


@pytest.mark.parametrize("name", FOLDERS)
@pytest.mark.filterwarnings("ignore:.*were cut")
def test_parts_of_a_model_make_that_model(name):
    loader = FOLDERS[name]
    model = loader(PARITY / name, backend="reference")
    if not model.__loaded__().pipeline.model.inputs.unknown_tokens:
        with pytest.raises(Unsupported, match="unknown tokens"):
            parts.of(model)
        return
    given = {"similarity_fn_name": model.similarity_fn_name} if hasattr(model, "similarity") else {}
    for setting in ("activation_fn", "truncate_dim"):
        if getattr(model, setting, None) is not None:
            given[setting] = getattr(model, setting)
    given |= {"prompts": model.prompts, "default_prompt_name": model.default_prompt_name}
    built = loader(modules=parts.of(model), backend="reference", **given)
    assert [module.kind for module in built] == [module.kind for module in model]
    assert built.max_seq_length == model.max_seq_length
    if model.__loaded__().whole.routers:
        return  # the default chain alone is built, which has no routes to ask for
    found, wanted = dict(answers(built)), dict(answers(model))
    assert found.keys() == wanted.keys()
    assert wanted
    for way, array in wanted.items():
        np.testing.assert_array_equal(found[way], array, err_msg=way)


def test_on_every_backend(backend):
    model = SentenceTransformer(LONG, backend=backend)
    built = SentenceTransformer(modules=parts.of(model), backend=backend)
    assert built.get_backend() == backend
    np.testing.assert_allclose(built.encode(TEXTS), model.encode(TEXTS), atol=1e-6)


def test_parts_of_a_loaded_model_and_new_ones(backend):
    model = SentenceTransformer(MEAN, backend=backend)
    built = SentenceTransformer(modules=[*parts.of(model)[:2], parts.Normalize()], backend=backend)
    wanted = model.encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(built.encode(TEXTS), wanted, atol=1e-6)


@pytest.mark.parametrize("mode", ["mean", "cls", ["cls", "mean"]])
def test_from_a_plain_folder(mode, tmp_path):
    plain = tmp_path / "plain"
    shutil.copytree(MEAN, plain)
    (plain / "modules.json").unlink()
    shutil.rmtree(plain / "1_Pooling")
    chain = [parts.Transformer(plain), parts.Pooling(width(), mode)]
    built = SentenceTransformer(modules=[*chain, parts.Normalize()])
    names = [mode] if isinstance(mode, str) else mode
    joined = [SentenceTransformer(plain, pooling=name).encode(TEXTS) for name in names]
    wanted = np.concatenate(joined, axis=1)
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    np.testing.assert_allclose(built.encode(TEXTS), wanted, atol=1e-6)
    assert built.get_embedding_dimension() == wanted.shape[1]


def test_layers_with_weights_of_ones_own(backend):
    rng = np.random.default_rng(3)
    size = width()
    weight, bias = rng.normal(size=(5, size)), rng.normal(size=5)
    scale, shift = rng.normal(size=5), rng.normal(size=5)
    model = SentenceTransformer(MEAN, backend=backend)
    dense = parts.Dense(size, 5, init_weight=weight, init_bias=bias)
    chain = [*parts.of(model), dense, parts.Dropout(0.5), parts.LayerNorm(5, scale, shift)]
    built = SentenceTransformer(modules=chain, backend=backend)
    y = np.tanh(model.encode(TEXTS) @ weight.T + bias)
    y = (y - y.mean(1, keepdims=True)) / np.sqrt(y.var(1, keepdims=True) + 1e-5) * scale + shift
    np.testing.assert_allclose(built.encode(TEXTS), y, atol=1e-4)
    plain = SentenceTransformer(modules=[*chain[:-1], parts.LayerNorm(5)], backend=backend)
    np.testing.assert_allclose(plain.encode(TEXTS) * scale + shift, y, atol=1e-4)


def test_a_table():
    table = SentenceTransformer(STATIC)
    built = SentenceTransformer(modules=[parts.StaticEmbedding(STATIC), parts.Normalize()])
    wanted = table.encode(TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(built.encode(TEXTS), wanted, atol=1e-6)
    with pytest.raises(InputError, match="begins with transformer"):
        SentenceTransformer(modules=[parts.StaticEmbedding(MEAN)])


def test_a_sparse_encoder():
    first = parts.Transformer(SPLADE, transformer_task="fill-mask")
    built = SparseEncoder(modules=[first, parts.SpladePooling("max")])
    wanted = SparseEncoder(SPLADE).encode(TEXTS, convert_to_sparse_tensor=False)
    found = built.encode(TEXTS, convert_to_sparse_tensor=False)
    np.testing.assert_allclose(np.asarray(found), np.asarray(wanted), atol=1e-6)


def test_a_cross_encoder():
    pairs = [(a, b) for a in TEXTS for b in TEXTS]
    first = parts.Transformer(RANKER, transformer_task="sequence-classification")
    built, loaded = CrossEncoder(modules=[first]), CrossEncoder(RANKER)
    np.testing.assert_allclose(built.predict(pairs), loaded.predict(pairs), atol=1e-6)


def test_a_mask_of_words():
    chain = parts.of(MultiVectorEncoder(MASKED))
    (word,) = [t for t in MultiVectorEncoder(MASKED).tokenizer.get_vocab() if t == "the"]
    tokens = [part for part in chain if part.kind not in ("multi_vector_mask", "token_pooling")]
    everything = MultiVectorEncoder(modules=tokens).encode_document(["the the small text"])[0]
    masked = MultiVectorEncoder(modules=[*tokens, parts.MultiVectorMask([word])])
    assert len(masked.encode_document(["the the small text"])[0]) == len(everything) - 2


def test_where_texts_are_cut():
    built = SentenceTransformer(modules=[parts.Transformer(MEAN, 7), parts.Pooling(width())])
    assert built.max_seq_length == 7
    model = SentenceTransformer(MEAN)
    model.max_seq_length = 9
    assert SentenceTransformer(modules=parts.of(model)).max_seq_length == 9
    for length in (0, 10**6):
        with pytest.raises(InputError, match=f"max_seq_length={length}"):
            SentenceTransformer(modules=[parts.Transformer(MEAN, length)])


def test_names(tmp_path):
    chain = parts.of(SentenceTransformer(MEAN))
    named = OrderedDict(zip(("words", "one vector"), chain, strict=True))
    built = SentenceTransformer(modules=named)
    assert [name for name, _ in built.named_children()] == ["words", "one vector"]
    built.save_pretrained(tmp_path / "saved")
    again = SentenceTransformer(tmp_path / "saved")
    assert [name for name, _ in again.named_children()] == ["words", "one vector"]
    np.testing.assert_array_equal(again.encode(TEXTS), built.encode(TEXTS))


def test_the_folder_ends_with_the_last_that_needs_it():
    built = SentenceTransformer(modules=parts.of(SentenceTransformer(MEAN)))
    wanted, folder = built.encode(TEXTS), built.__loaded__().home.folder
    other, chain = copy.deepcopy(built), parts.of(built)
    sent = pickle.loads(pickle.dumps(built))
    assert sent.__loaded__().home is None
    np.testing.assert_array_equal(sent.encode(TEXTS), wanted)
    del built, sent
    gc.collect()
    np.testing.assert_array_equal(other.encode(TEXTS), wanted)
    del other
    gc.collect()
    np.testing.assert_array_equal(SentenceTransformer(modules=chain).encode(TEXTS), wanted)
    del chain
    gc.collect()
    assert AFTERWARDS.settle(60)
    assert not folder.exists()


class Foreign:
    """What a module of an engine would be."""


@pytest.mark.parametrize(
    "loader", [SentenceTransformer, SparseEncoder, CrossEncoder, MultiVectorEncoder]
)
@pytest.mark.parametrize(
    ("modules", "said"),
    [
        ([], "empty"),
        ({}, "empty"),
        (7, "not int"),
        ("parts", "not str"),
        ([Foreign()], "test_parts.Foreign.*isomorph.parts"),
        ({1: parts.Normalize()}, "not 1"),
        ([parts.Normalize()], "first of modules"),
    ],
)
def test_no_parts(loader, modules, said):
    with pytest.raises(InputError, match=said):
        loader(modules=modules)


def test_a_name_beside_modules():
    chain = parts.of(SentenceTransformer(MEAN))
    for given in ({"model_name_or_path": MEAN}, {"revision": "main"}):
        with pytest.raises(InputError, match="one or the other"):
            SentenceTransformer(modules=chain, **given)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (parts.Pooling(7), "7 features"),
        (parts.LayerNorm(7), "sentence_embedding"),
        (parts.Normalize(), "sentence_embedding"),
    ],
)
def test_parts_that_do_not_fit(part, said):
    with pytest.raises(InputError, match=said):
        SentenceTransformer(modules=[parts.of(SentenceTransformer(MEAN))[0], part])


def test_a_way_to_pool_that_there_is_not():
    with pytest.raises(InputError, match="no_such"):
        parts.Pooling(7, "no_such")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "init_weight is missing"),
        ({"init_weight": np.zeros((2, 3))}, "init_bias is missing"),
        ({"init_weight": np.zeros((3, 2))}, r"\(3, 2\), not \(2, 3\)"),
        ({"init_weight": np.zeros((2, 3)), "init_bias": [0, 0], "bias": False}, "bias=False"),
        ({"init_weight": np.zeros((2, 3)), "activation_function": np.tanh}, "class path"),
    ],
)
def test_a_dense_without_its_weights(given, said):
    with pytest.raises(InputError, match=said):
        parts.Dense(3, 2, **given)


def test_a_model_that_was_handed_out():
    model = SentenceTransformer(MEAN)
    model.__loaded__().handed_out = True
    with pytest.raises(Unsupported, match="save it"):
        parts.of(model)


@pytest.mark.filterwarnings("ignore::isomorph.errors.TruncationWarning")
def test_a_transformer_says_in_its_files_what_its_arguments_are(tmp_path):
    with pytest.warns(DeprecationWarning, match="tokenizer_args"):
        old = parts.Transformer(MEAN, tokenizer_args={"model_max_length": 7})
    assert old.max_seq_length == 7
    said = parts.Transformer(
        MEAN, processing_kwargs={"text": {"max_length": 5}}, unpad_inputs=False, do_lower_case=True
    )
    built = SentenceTransformer(modules=[said, parts.Pooling(width())], backend="reference")
    built.save(tmp_path / "saved")
    settings = json.loads((tmp_path / "saved/sentence_bert_config.json").read_text("utf-8"))
    assert settings["unpad_inputs"] is False
    saved = SentenceTransformer(tmp_path / "saved", backend="reference")
    for each in (built, saved):
        assert each.preprocess(["a b c d e f g"])["input_ids"].shape == (1, 5)


def test_a_tokenizer_of_another_model(tmp_path):
    other = tmp_path / "other"
    shutil.copytree(MEAN, other)
    settings = json.loads((other / "tokenizer_config.json").read_text("utf-8"))
    (other / "tokenizer_config.json").write_text(
        json.dumps({**settings, "truncation_side": "left"})
    )
    first = parts.Transformer(MEAN, 6, tokenizer_name_or_path=other)
    built = SentenceTransformer(modules=[first, parts.Pooling(width())], backend="reference")
    text = "the river carries stones and sand to a sea"
    assert built.preprocess([text])["input_ids"].shape == (1, 6)
    own = SentenceTransformer(MEAN, backend="reference").tokenizer.encode(text).ids
    assert built.preprocess([text])["input_ids"][0, -2] == own[-2]
    with pytest.raises(InputError, match="has no tokenizer"):
        SentenceTransformer(modules=[parts.Transformer(MEAN, tokenizer_name_or_path=tmp_path)])
