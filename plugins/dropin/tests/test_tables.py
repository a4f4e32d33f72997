"""StaticEmbedding and Dense as modules: their vectors, files of model2vec, and weights that nobody gave."""

import importlib
import math
import pickle

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

WORDS = {"[UNK]": 0, "hello": 1, "world": 2, "foo": 3}
ROWS = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], np.float32)
TEXTS = ["hello world", "foo", ""]

pytestmark = pytest.mark.usefixtures("tree")


def modules():
    return importlib.import_module("sentence_transformers.sentence_transformer.modules")


def tokenizer():
    made = Tokenizer(WordLevel(WORDS, unk_token="[UNK]"))
    made.pre_tokenizer = Whitespace()
    return made


def test_a_table_answers_as_a_module_of_torch():
    weights = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    table = modules().StaticEmbedding(tokenizer(), embedding_weights=weights)
    assert torch.equal(table.embedding.weight, torch.from_numpy(weights))
    assert (table.num_embeddings, table.get_embedding_dimension()) == (4, 3)
    assert table.max_seq_length == math.inf
    features = table.preprocess(TEXTS)
    assert features["input_ids"].tolist() == [1, 2, 3]
    assert features["offsets"].tolist() == [0, 2, 3]
    own = torch.nn.EmbeddingBag.from_pretrained(torch.from_numpy(weights))
    wanted = own(features["input_ids"], features["offsets"])
    torch.testing.assert_close(table(features)["sentence_embedding"], wanted)
    again = pickle.loads(pickle.dumps(table))
    torch.testing.assert_close(again(table.preprocess(TEXTS))["sentence_embedding"], wanted)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_a_table_of_model2vec_is_read_with_its_mapping_and_its_weights(kind, tmp_path):
    stored = {
        "embeddings": ROWS.astype(kind),
        "mapping": np.array([0, 2, 1, 2]),
        "weights": np.array([1.0, 0.5, 2.0, 4.0], np.float64),
    }
    save_file(stored, tmp_path / "model.safetensors")
    tokenizer().save(str(tmp_path / "tokenizer.json"))
    table = modules().StaticEmbedding.load(str(tmp_path))
    wanted = ROWS[stored["mapping"]] * stored["weights"][:, None]
    np.testing.assert_array_equal(table.embedding.weight.detach(), wanted.astype(np.float32))
    made = table(table.preprocess(TEXTS))["sentence_embedding"]
    assert made.tolist() == [[0.25, 1.25], [4.0, 4.0], [0.0, 0.0]]
    table.save(str(tmp_path / "again"))
    again = modules().StaticEmbedding.load(str(tmp_path / "again"))
    assert torch.equal(again(again.preprocess(TEXTS))["sentence_embedding"], made)


def test_the_table_of_a_loaded_model():
    package = importlib.import_module("sentence_transformers")
    weights = np.arange(12, dtype=np.float32).reshape(4, 3)
    table = modules().StaticEmbedding(tokenizer(), embedding_weights=weights)
    model = package.SentenceTransformer(modules=[table])
    assert torch.equal(model[0].embedding.weight, torch.from_numpy(weights))
    assert model[0].get_embedding_dimension() == 3
    np.testing.assert_array_equal(model.encode(["foo"]), weights[3:])


def test_the_weights_of_tokens_of_a_loaded_model():
    package = importlib.import_module("sentence_transformers")
    known = importlib.import_module("sentence_transformers.sparse_encoder.modules")
    weights = np.array([0.5, 1.0, 2.0, 3.0], np.float32)
    model = package.SparseEncoder(modules=[known.SparseStaticEmbedding(tokenizer(), weights)])
    assert torch.equal(model[0].weight, torch.from_numpy(weights))


def test_missing_weights_are_those_that_torch_draws():
    torch.manual_seed(3)
    with pytest.warns(UserWarning, match="StaticEmbedding has random weights: embedding_weights"):
        table = modules().StaticEmbedding(tokenizer(), embedding_dim=5)
    with pytest.warns(UserWarning, match="Dense has random weights: init_weight and init_bias"):
        dense = modules().Dense(5, 2)
    torch.manual_seed(3)
    rows, layer = torch.nn.EmbeddingBag(4, 5), torch.nn.Linear(5, 2)
    assert torch.equal(table.embedding.weight, rows.weight)
    vectors = torch.randn(6, 5)
    made = dense({"sentence_embedding": vectors})["sentence_embedding"]
    torch.testing.assert_close(made, torch.tanh(layer(vectors)).detach())


@pytest.mark.parametrize("wide", [2, 5])
def test_a_layer_with_a_residual(wide, tmp_path):
    layer = torch.nn.Linear(wide, 2)
    given = {"init_weight": layer.weight, "init_bias": layer.bias, "use_residual": True}
    if wide == 2:
        dense, residual = modules().Dense(wide, 2, **given), torch.nn.Identity()
    else:
        torch.manual_seed(0)
        with pytest.warns(UserWarning, match="init_residual"):
            dense = modules().Dense(wide, 2, **given)
        torch.manual_seed(0)
        torch.nn.Linear(wide, 2)  # which the real module draws first, and replaces
        residual = torch.nn.Linear(wide, 2, bias=False)
    vectors = torch.randn(4, wide)
    wanted = (torch.tanh(layer(vectors)) + residual(vectors)).detach()
    dense.save(str(tmp_path))
    for module in (dense, modules().Dense.load(str(tmp_path))):
        made = module({"sentence_embedding": vectors})["sentence_embedding"]
        torch.testing.assert_close(made, wanted)


@pytest.mark.parametrize(
    ("name", "make", "layer"),
    [
        ("CNN", lambda known: known.CNN(6, 4, [1, 3]), lambda: torch.nn.Conv1d(6, 4, 1)),
        ("LSTM", lambda known: known.LSTM(6, 2), lambda: torch.nn.LSTM(6, 2, bidirectional=True)),
        (
            "SparseAutoEncoder",
            lambda known: known.SparseAutoEncoder(6, 12, k=2),
            lambda: torch.nn.Linear(6, 12, bias=False),
        ),
    ],
)
def test_layers_of_several_weights_are_drawn_too(name, make, layer, tmp_path):
    package = "sparse_encoder" if name == "SparseAutoEncoder" else "sentence_transformer"
    known = importlib.import_module(f"sentence_transformers.{package}.modules")
    torch.manual_seed(5)
    with pytest.warns(UserWarning, match=f"{name} has random weights"):
        module = make(known)
    torch.manual_seed(5)
    wanted = next(layer().parameters())
    assert torch.equal(next(iter(module.weights.values())), wanted)
    module.save(str(tmp_path))
    again = type(module).load(str(tmp_path))
    for key, value in module.weights.items():
        np.testing.assert_array_equal(again.weights[key], value.numpy())
