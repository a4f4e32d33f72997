"""SparseEncoder: what it loads and refuses, and what its calls take and give."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
import tracemalloc
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from isomorph import SparseEncoder
from isomorph.errors import AmbiguousHead, BadModel, InputError, Unsupported
from isomorph.models.call import Call
from isomorph.postprocess import tensors

PARITY = Path(__file__).parents[2] / "parity"
SPARSE, DENSE = PARITY / "sparse" / "models", PARITY / "models"
TEXTS = ["the river carries stones", "a", ""]


def load(name, **options):
    return SparseEncoder(SPARSE / name, backend="reference", **options)


@pytest.fixture(scope="module")
def splade():
    with load("splade-max") as model:
        yield model


@pytest.fixture(scope="module")
def auto():
    with load("auto-encoder") as model:
        yield model


class TestLoading:
    def test_a_dense_model_is_refused_where_random_weights_would_be_added(self):
        with pytest.raises(AmbiguousHead, match="random weights"):
            SparseEncoder(DENSE / "bert-mean", backend="reference")

    def test_a_plain_encoder_is_refused(self, tmp_path):
        folder = shutil.copytree(DENSE / "bert-mean", tmp_path / "model")
        (folder / "modules.json").unlink()
        with pytest.raises(AmbiguousHead, match="ForMaskedLM"):
            SparseEncoder(folder, backend="reference")

    def test_the_masked_lm_of_another_kind_of_model_is_taken(self, tmp_path, splade):
        folder = Path(shutil.copytree(SPARSE / "splade-plain", tmp_path / "model"))
        entry = {
            "idx": 0,
            "name": "0",
            "path": "",
            "type": "sentence_transformers.models.Transformer",
        }
        (folder / "modules.json").write_text(json.dumps([entry]), "utf-8")
        settings = folder / "config_sentence_transformers.json"
        others = {"model_type": "MultiVectorEncoder", "similarity_fn_name": "maxsim"}
        settings.write_text(json.dumps(others), "utf-8")
        with SparseEncoder(folder, backend="reference") as model, load("splade-plain") as plain:
            assert [module.kind for module in model] == ["transformer", "splade_pooling"]
            assert model.similarity_fn_name == "dot"
            assert (model.encode(TEXTS) != plain.encode(TEXTS)).nnz == 0
        settings.write_text(json.dumps({"model_type": "SentenceTransformer"}), "utf-8")
        with pytest.raises(AmbiguousHead):
            SparseEncoder(folder, backend="reference")

    @pytest.mark.parametrize("wrong", [0, -3])
    def test_at_least_one_feature_must_stay(self, wrong, splade):
        with pytest.raises(InputError, match="max_active_dims"):
            load("splade-max", max_active_dims=wrong)
        with pytest.raises(InputError, match="max_active_dims"):
            splade.encode("a", max_active_dims=wrong)

    def test_similarity_is_checked(self):
        with pytest.raises(InputError, match="nearness"):
            load("splade-max", similarity_fn_name="nearness")


class TestResults:
    def test_a_batch_is_csr(self, splade):
        found = splade.encode(TEXTS)
        assert (type(found).__name__, found.shape, found.dtype) == (
            "csr_array",
            (3, 240),
            "float32",
        )

    def test_a_single_text_is_one_row(self, splade):
        found = splade.encode(TEXTS[0])
        assert found.shape == (1, 240)
        np.testing.assert_array_equal(found.toarray(), splade.encode(TEXTS[:1]).toarray())
        assert splade.encode(TEXTS[0], convert_to_sparse_tensor=False).shape == (240,)

    def test_no_texts(self, splade):
        assert splade.encode([]).shape == (0, 240)
        assert splade.encode([], convert_to_sparse_tensor=False).shape == (0, 240)

    def test_dense_ones_are_the_same_numbers(self, splade):
        dense = splade.encode(TEXTS, convert_to_sparse_tensor=False)
        assert isinstance(dense, np.ndarray)
        np.testing.assert_array_equal(dense, splade.encode(TEXTS).toarray())

    def test_rows_do_not_depend_on_their_neighbours(self, splade):
        texts = [f"{text} {i}" for i, text in enumerate(TEXTS * 30)]
        together = splade.encode(texts).toarray()
        for index in (0, 17, 89):
            alone = splade.encode(texts[index]).toarray()[0]
            np.testing.assert_allclose(together[index], alone, rtol=0, atol=2e-5)

    def test_only_the_largest_stay(self, splade):
        whole = splade.encode(TEXTS).toarray()
        found = splade.encode(TEXTS, max_active_dims=3)
        assert np.diff(found.indptr).tolist() == [3, 3, 3]
        for full, kept in zip(whole, found.toarray(), strict=True):
            assert np.sort(full[full > 0])[-3:].tolist() == np.sort(kept[kept > 0]).tolist()
        with load("splade-max", max_active_dims=3) as model:
            np.testing.assert_array_equal(model.encode(TEXTS).toarray(), found.toarray())
            assert model.encode(TEXTS, max_active_dims=5).nnz == 15

    def test_without_scipy_nothing_runs_unless_dense(self, splade, monkeypatch):
        monkeypatch.setitem(sys.modules, "scipy", None)
        with pytest.raises(Unsupported, match="pip install scipy"):
            splade.encode(TEXTS)
        assert splade.encode(TEXTS, convert_to_sparse_tensor=False).shape == (3, 240)

    def test_many_texts_are_never_dense_at_once(self, tmp_path):
        with SparseEncoder(wide_words(tmp_path), backend="reference") as model:
            model.encode(["a"])
            tracemalloc.start()
            found = model.encode(["the river"] * 2000)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        assert found.shape == (2000, WIDE)
        assert peak < 2000 * WIDE * 4 / 4, "a quarter of the dense matrix"


WIDE = 20_000


def wide_words(tmp_path):
    """A model of words with so many features that a dense matrix would show."""
    folder = Path(shutil.copytree(SPARSE / "inference-free-alone", tmp_path / "wide"))
    (file,) = folder.glob("**/model.safetensors")
    save_file({"weight": np.ones(WIDE, np.float32)}, file)
    return folder


def test_without_tensors_nothing_runs(splade, monkeypatch):
    monkeypatch.setitem(sys.modules, tensors.LIBRARY, None)
    monkeypatch.setattr(Call, "run", None)
    with pytest.raises(Unsupported, match="convert_to_tensor"):
        splade.encode("a", convert_to_tensor=True)


class TestTensors:
    @pytest.fixture(autouse=True)
    def library(self):
        if find_spec(tensors.LIBRARY) is None:
            pytest.skip(f"{tensors.LIBRARY} is not installed")
        return import_module(tensors.LIBRARY)

    def test_they_are_coordinates(self, splade):
        found = splade.encode(TEXTS, convert_to_tensor=True)
        assert found.is_sparse
        assert found.is_coalesced()
        want = splade.encode(TEXTS).toarray()
        np.testing.assert_array_equal(found.to_dense().numpy(), want)
        one = splade.encode(TEXTS[0], convert_to_tensor=True)
        np.testing.assert_allclose(one.to_dense().numpy(), want[0], rtol=0, atol=1e-5)
        dense = splade.encode(TEXTS, convert_to_tensor=True, convert_to_sparse_tensor=False)
        np.testing.assert_array_equal(dense.numpy(), want)

    def test_every_method_takes_them(self, splade):
        csr, found = splade.encode(TEXTS), splade.encode(TEXTS, convert_to_tensor=True)
        for given in (found, found.to_dense(), list(found)):
            np.testing.assert_array_equal(
                splade.similarity(given, csr), splade.similarity(csr, csr)
            )
            assert splade.decode(given, top_k=2) == splade.decode(csr, top_k=2)
            assert splade.sparsity(given) == splade.sparsity(csr)
        assert splade.decode(found[0]) == splade.decode(csr)[0]
        both = splade.intersection(found[0], found)
        assert both.is_sparse
        want = splade.intersection(csr[[0]], csr).toarray()
        np.testing.assert_array_equal(both.to_dense().numpy(), want)
        assert splade.intersection(found[0], found[1]).shape == (240,)


class TestDecoding:
    def test_the_heaviest_words_come_first(self):
        with load("inference-free-alone") as model:
            vectors = model.encode(["river", "river a"])
            first, second = model.decode(vectors)
            weights = [weight for _, weight in second]
            assert weights == sorted(weights, reverse=True)
            assert {word for word, _ in second} == {word for word, _ in first} | {"a"}
            assert model.decode(vectors.toarray()[0]) == first
            assert model.decode(vectors[[1]], top_k=1) == [second[:1]]
            assert model.decode(model.encode([""])) == [[]]
            for nothing in (model.encode([]), np.zeros(0), []):
                assert model.decode(nothing) == []

    def test_what_cannot_be_decoded_is_refused(self, splade, auto):
        with pytest.raises(InputError, match="top_k"):
            splade.decode(splade.encode("a"), top_k=0)
        with pytest.raises(InputError, match="2D"):
            splade.decode(np.ones((2, 2, 240)))
        with pytest.raises(InputError, match="239"):
            splade.decode(np.ones(239))
        with pytest.raises(Unsupported, match="autoencoder"):
            auto.decode(auto.encode("a"))


class TestAutoEncoder:
    def test_a_call_cannot_keep_more_than_it_lets_through(self, auto):
        assert auto.max_active_dims == 12
        with pytest.raises(InputError, match=r"Load it with\s+max_active_dims=20"):
            auto.encode("a", max_active_dims=20)

    def test_loaded_for_more_it_keeps_more(self, auto):
        with load("auto-encoder", max_active_dims=30) as model:
            more = model.encode(TEXTS[0]).toarray()[0]
            fewer = model.encode(TEXTS[0], max_active_dims=12).toarray()[0]
        np.testing.assert_array_equal(fewer, auto.encode(TEXTS[0]).toarray()[0])
        assert 12 < np.count_nonzero(more) <= 30

    def test_loaded_for_more_than_there_are_it_keeps_all(self):
        with load("auto-encoder", max_active_dims=10_000) as model:
            assert model[2].config["k"] == 96
            assert np.count_nonzero(model.encode(TEXTS[0]).toarray()) <= 96

    def test_encoding_changes_no_file(self, tmp_path, backend):
        folder = Path(shutil.copytree(SPARSE / "auto-encoder", tmp_path / "model"))
        before = digests(folder)
        with SparseEncoder(folder, backend=backend) as model:
            first = model.encode(TEXTS)
            for _ in range(3):
                again = model.encode(TEXTS)
        assert (first != again).nnz == 0
        assert digests(folder) == before

    def test_the_matrix_is_found_under_both_of_its_names(self, tmp_path, backend):
        folder = Path(shutil.copytree(SPARSE / "auto-encoder", tmp_path / "model"))
        with SparseEncoder(folder, backend=backend) as model:
            want = model.encode(TEXTS).toarray()
        file = folder / "2_SparseAutoEncoder" / "model.safetensors"
        stored = load_file(file)
        stored["encoder.weight"] = stored.pop("decoder.linear.weight")
        save_file(stored, file)
        with SparseEncoder(folder, backend=backend) as model:
            np.testing.assert_array_equal(model.encode(TEXTS).toarray(), want)

    def test_sizes_that_are_none_are_refused(self, tmp_path):
        folder = Path(shutil.copytree(SPARSE / "auto-encoder", tmp_path / "model"))
        file = folder / "2_SparseAutoEncoder" / "config.json"
        file.write_text(json.dumps({"input_dim": 32, "hidden_dim": 96, "k": 0}), "utf-8")
        with pytest.raises(BadModel, match="k=0"):
            SparseEncoder(folder, backend="reference")


class TestWords:
    """SparseStaticEmbedding, whose weights may come from a file of frequencies."""

    def test_frequencies_by_token_are_read(self, tmp_path, backend):
        folder = Path(shutil.copytree(SPARSE / "inference-free-alone", tmp_path / "model"))
        (file,) = folder.glob("**/model.safetensors")
        stored = load_file(file)["weight"]
        with SparseEncoder(folder, backend=backend) as model:
            want = model.encode(TEXTS).toarray()
            tokens = [model.tokenizer.id_to_token(index) for index in range(len(stored))]
        file.unlink()
        by_token = dict(zip(tokens, stored.tolist(), strict=True))
        (file.parent / "idf.json").write_text(json.dumps(by_token), "utf-8")
        (file.parent / "config.json").write_text(json.dumps({"path": "idf.json"}), "utf-8")
        with SparseEncoder(folder, backend=backend) as model:
            np.testing.assert_array_equal(model.encode(TEXTS).toarray(), want)

    def test_tokens_beyond_the_weights_count_as_nothing(self, tmp_path, backend):
        folder = Path(shutil.copytree(SPARSE / "inference-free-alone", tmp_path / "model"))
        (file,) = folder.glob("**/model.safetensors")
        whole = load_file(file)["weight"]
        save_file({"weight": whole[:120]}, file)
        texts = ["the river carries stones, 東京", "a"]
        with load("inference-free-alone") as model:
            want = model.encode(texts).toarray()
        assert want[:, 120:].any()
        with SparseEncoder(folder, backend=backend) as model:
            np.testing.assert_array_equal(model.encode(texts).toarray(), want[:, :120])

    def test_it_stands_first_or_nowhere(self, tmp_path):
        folder = Path(shutil.copytree(SPARSE / "inference-free-alone", tmp_path / "model"))
        (first,) = json.loads((folder / "modules.json").read_text("utf-8"))
        second = {**first, "idx": 1, "name": "1"}
        (folder / "modules.json").write_text(json.dumps([first, second]), "utf-8")
        with pytest.raises(Unsupported, match="stand before"):
            SparseEncoder(folder, backend="reference")

    def test_no_weights_are_refused(self, tmp_path):
        folder = Path(shutil.copytree(SPARSE / "inference-free-alone", tmp_path / "model"))
        (file,) = folder.glob("**/model.safetensors")
        save_file({"other": np.ones(3, np.float32)}, file)
        with pytest.raises(BadModel, match="weight"):
            SparseEncoder(folder, backend="reference")


class TestArguments:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ({"inputs": None}, "takes texts"),
            ({"inputs": ["a", 3]}, "Input 1"),
            ({"inputs": "a", "sentences": "b"}, "two names"),
            ({"inputs": "a", "batch_size": 0}, "batch_size"),
            ({"inputs": "a", "unheard": 1}, "unheard"),
            ({"inputs": "a", "prompt_name": "unheard"}, "unheard"),
        ],
    )
    def test_what_cannot_be_used_is_refused(self, splade, arguments, said):
        with pytest.raises(InputError, match=said):
            splade.encode(**arguments)

    def test_what_is_no_pool_is_refused(self, splade):
        with pytest.raises(InputError, match="pool is dict"):
            splade.encode("a", pool={})

    def test_a_chunk_size_is_kept(self, splade):
        before = splade.encode(TEXTS)
        splade.splade_pooling_chunk_size = 2
        assert (splade.encode(TEXTS) != before).nnz == 0
        assert splade.splade_pooling_chunk_size == 2

    def test_sentences_is_an_old_name(self, splade):
        with pytest.warns(DeprecationWarning, match="sentences="):
            old = splade.encode(sentences=TEXTS)
        assert (old != splade.encode(TEXTS)).nnz == 0


def digests(folder):
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
