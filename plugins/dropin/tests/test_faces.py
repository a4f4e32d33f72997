import pickle
import subprocess
import sys
from importlib import import_module
from inspect import signature

import numpy as np
import pytest
import torch

from isomorph import SentenceTransformer as Own
from isomorph.errors import Unsupported
from isomorph.testing.tiny_messages import messages, write_messages

from .conftest import MINILM

TEXTS = ["One text.", "Another text, which is longer."]


@pytest.fixture(scope="module")
def model(library):
    return library.SentenceTransformer(str(MINILM), device=torch.device("cpu"))


def test_vectors_are_those_of_isomorph_in_the_form_that_was_asked_for(model):
    vectors = Own(MINILM, backend="torch").encode(TEXTS)
    np.testing.assert_array_equal(model.encode(TEXTS), vectors)
    tensor = model.encode(TEXTS, convert_to_tensor=True)
    listed = model.encode(TEXTS, convert_to_numpy=False)
    assert isinstance(tensor, torch.Tensor)
    assert isinstance(listed, list)
    np.testing.assert_array_equal(torch.stack(listed).numpy(), tensor.numpy())
    assert [tuple(t.shape) for t in model.encode(TEXTS, output_value="token_embeddings")] == [
        (5, 384), (9, 384),
    ]  # fmt: skip
    assert set(model.encode(TEXTS[0], output_value=None)) >= {"token_embeddings", "input_ids"}


@pytest.mark.filterwarnings("ignore:int8 ranges are taken")
@pytest.mark.parametrize("convert_to_tensor", [True, False])
def test_bytes_of_tokens_are_arrays_as_in_the_real_library(model, convert_to_tensor):
    asked = {"output_value": "token_embeddings", "convert_to_tensor": convert_to_tensor}
    for precision, width in (("int8", 384), ("ubinary", 48)):
        found = model.encode(TEXTS, precision=precision, **asked)
        assert [type(each) for each in found] == [np.ndarray] * 2
        assert found[0].shape == (5, width)
        assert type(model.encode(TEXTS[0], precision=precision, **asked)) is np.ndarray


def test_empty_calls_answer_as_the_real_library_does(model):
    assert model.encode([]).dtype == np.float64
    assert model.encode([]).shape == (0,)
    assert model.encode([], convert_to_tensor=True).numel() == 0
    assert model.encode([], convert_to_numpy=False) == []


def test_similarities_are_tensors(model, library):
    vectors = model.encode(TEXTS)
    for scores in (model.similarity(vectors, vectors), library.util.cos_sim(vectors, vectors)):
        assert torch.topk(scores.cpu(), k=1).indices.tolist() == [[0], [1]]
    assert model.similarity(vectors, vectors).max(dim=1).values.shape == (2,)


def test_the_device_and_the_type_are_those_of_torch(model):
    assert model.device == torch.device("cpu")
    assert torch.zeros(1, device=model.device).to(model.device).device.type == "cpu"
    assert model.dtype is torch.float32


def test_the_tokenizer_is_one_of_transformers_and_cuts_with_the_model(model):
    tokenizer = model.tokenizer
    assert tokenizer.encode("a b c", max_length=4, truncation=True) == [101, 1037, 1038, 102]
    assert (len(tokenizer), tokenizer.pad_token_id, tokenizer.model_max_length) == (30522, 0, 256)
    tokenizer.model_max_length = 5
    assert model.max_seq_length == 5
    assert len(model.encode("a b c d e f", output_value="token_embeddings")) == 5
    model.max_seq_length = 6
    assert model.tokenizer.model_max_length == 6
    model.max_seq_length = 256


def test_a_chain_is_found_under_its_classes(model, library):
    modules = import_module("sentence_transformers.models")
    first, pooling = model[0], model[1]
    assert isinstance(first, modules.Transformer)
    assert isinstance(pooling, modules.Pooling)
    assert pooling.get_embedding_dimension() == first.get_word_embedding_dimension() == 384
    again = library.SentenceTransformer(modules=[first, modules.Pooling(384, "cls")])
    assert again[1].modes == ("cls",)
    assert first.auto_model is model.transformers_model
    said = {"text": {"max_length": 4}}
    cut = modules.Transformer(str(MINILM), processing_kwargs=said)
    built = library.SentenceTransformer(modules=[cut, modules.Pooling(384)], backend="reference")
    assert built[0].processing_kwargs == said
    assert built.preprocess(["a b c d e f"])["input_ids"].shape == (1, 4)
    assert built.save_pretrained(None) is None


def test_a_call_says_how_its_images_are_processed(library, tmp_path):
    folder = write_messages(messages()[0], tmp_path / "seeing")
    model = library.SentenceTransformer(str(folder), backend="reference")
    image = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    said = {"image": {"do_normalize": False}}
    own = Own(folder, backend="reference").encode([image], processing_kwargs=said)
    np.testing.assert_allclose(model.encode([image], processing_kwargs=said), own, rtol=1e-5)
    assert not np.allclose(model.encode([image]), own, rtol=1e-3)
    fed = model[0].preprocess([image], processing_kwargs=said)["pixel_values"]
    assert float(fed.min()) >= 0


def test_a_graph_has_no_live_module(library):
    model = library.SentenceTransformer(str(MINILM), backend="reference")
    for module in (model[0], model[1]):
        with pytest.raises(AttributeError, match="runs a graph"):
            _ = module.auto_model
        assert not hasattr(module, "model")


def test_features_go_through_the_chain(model):
    features = model.preprocess(TEXTS)
    assert features["input_ids"].dtype is torch.int64
    np.testing.assert_allclose(
        model(features)["sentence_embedding"].numpy(), model.encode(TEXTS), atol=1e-6
    )


def test_inference_code_finds_what_it_asks_of_a_module(model):
    assert model.eval().train(False).requires_grad_(False) is model
    assert next(model.parameters()).dtype is torch.float32
    assert sum(each.numel() for each in model.state_dict().values()) == 22_713_728
    with pytest.raises(NotImplementedError, match="real library"):
        model.train()


def test_a_pickle_brings_the_tree_along(library, tmp_path):
    model = library.SentenceTransformer(str(MINILM), backend="reference")
    assert type(pickle.loads(pickle.dumps(model))) is type(model)
    (tmp_path / "model").write_bytes(pickle.dumps(model))
    code = "import pickle, sys; print(pickle.load(open(sys.argv[1], 'rb')).encode('one').shape)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:] = {sys.path}\n{code}", tmp_path / "model"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "(384,)", done.stderr


def test_the_folder_may_go_away(library, tmp_path):
    import shutil

    folder = tmp_path / "model"
    shutil.copytree(MINILM, folder)
    model = library.SentenceTransformer(str(folder), backend="reference")
    shutil.rmtree(folder)
    assert model.encode("one").shape == (384,)


def test_sparse_vectors_are_coalesced_tensors(library, folders):
    model = library.SparseEncoder(str(folders / "splade"))
    together = model.encode(TEXTS)
    assert together.is_sparse
    assert together.is_coalesced()
    rows = model.encode(TEXTS, convert_to_tensor=False, convert_to_sparse_tensor=True)
    for row, whole in zip(rows, together.to_dense(), strict=True):
        assert row.coalesce().indices().shape[0] == 1
        torch.testing.assert_close(row.to_dense(), whole)
    assert [len(words) for words in model.decode(together, top_k=3)] == [3, 3]
    assert model.similarity(rows, rows).shape == (2, 2)


def test_scores_of_pairs(library, folders):
    with pytest.warns(UserWarning, match="num_labels by name"):
        model = library.CrossEncoder(str(folders / "reranker"), 1, device="cpu")
    pairs = [("a", "b"), ("a", "c d")]
    scores = model.predict(pairs)
    assert scores.dtype == np.float32
    torch.testing.assert_close(
        model.predict(pairs, convert_to_tensor=True), torch.from_numpy(scores)
    )
    assert isinstance(model.predict(pairs, convert_to_numpy=False)[0], torch.Tensor)
    assert isinstance(model.activation_fn, torch.nn.Sigmoid)
    raw = model.predict(pairs, activation_fn=lambda logits: logits.clone())
    np.testing.assert_allclose(1 / (1 + np.exp(-raw)), scores, rtol=1e-5)
    assert model.config.num_labels == model.num_labels == 1
    assert model.predict([]).dtype == np.float64
    graph = library.CrossEncoder(str(folders / "reranker"), backend="reference")
    assert graph.model.config.num_labels == 1
    assert not hasattr(graph.model, "get_input_embeddings")
    with pytest.raises(Unsupported, match="keep_in_fp32_modules"):
        library.CrossEncoder(str(folders / "reranker"), keep_in_fp32_modules=["classifier"])


def test_documents_are_ranked_with_arguments_by_place_and_a_function_of_the_program(
    library, folders
):
    """The places are those of sentence-transformers 6.2.0."""
    model = library.CrossEncoder(str(folders / "reranker"), backend="reference")
    names = "prompt_name prompt batch_size show_progress_bar activation_fn device pool chunk_size"
    taken = [name for name in signature(model.rank).parameters if name != "kwargs"]
    assert taken == ["query", "documents", "top_k", "return_documents", *names.split()]
    found = model.rank(
        "a", ["b", "c d"], 1, True, None, None, 1, False, lambda logits: -logits.abs()
    )
    assert len(found) == 1
    assert found[0]["score"] <= 0


def test_a_model_is_loaded_by_its_old_name_too(library):
    with pytest.warns(DeprecationWarning, match="SentenceTransformer"):
        model = library.SentenceTransformer.load(str(MINILM))
    assert type(model) is library.SentenceTransformer


@pytest.mark.parametrize("name", ["encode_query", "encode_document"])
def test_what_a_program_puts_around_encode_gets_the_inputs_by_their_present_name(library, name):
    told = []

    class Around(library.SentenceTransformer):
        def encode(self, *places, **kwargs):
            told.append((places, kwargs["inputs"]))
            return super().encode(*places, **kwargs)

    with pytest.warns(DeprecationWarning, match="sentences"):
        getattr(Around(str(MINILM)), name)(sentences=TEXTS)
    assert told == [((), TEXTS)]
