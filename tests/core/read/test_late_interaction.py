"""Late-interaction folders of older layouts, known by what they hold, and how their similarity is spelled."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from isomorph import MultiVectorEncoder, SentenceTransformer, SparseEncoder
from isomorph.errors import AmbiguousHead, BadModel, InputError

PARITY = Path(__file__).parents[2] / "parity"
PYLATE = PARITY / "multi_vector/models/pylate"
SETTINGS = "config_sentence_transformers.json"
TEXTS = ["the river carries small stones, a sea.", "a"]


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(PYLATE, tmp_path / "model"))


def edit(folder, without=(), **changes):
    path = folder / SETTINGS
    content = {**json.loads(path.read_text("utf-8")), **changes}
    kept = {name: value for name, value in content.items() if name not in without}
    path.write_text(json.dumps(kept), "utf-8")


def load(folder):
    return MultiVectorEncoder(folder, backend="reference")


def answers(model):
    found = [*model.encode_query(TEXTS), *model.encode_document(TEXTS), *model.encode(TEXTS)]
    return np.concatenate(found)


class TestWhatIsNoPyLateByItsType:
    @pytest.mark.parametrize("kind", ["SentenceTransformer", None])
    def test_its_keys_say_that_it_is(self, kind, folder):
        edit(
            folder,
            **({"model_type": kind} if kind else {}),
            without=() if kind else ("model_type",),
        )
        np.testing.assert_array_equal(answers(load(folder)), answers(load(PYLATE)))

    def test_its_module_alone_is_masked_and_normalised_and_not_filled_up(self, folder):
        (folder / SETTINGS).unlink()
        model = load(folder)
        ops = [module.kind for module in model]
        assert ops == ["transformer", "dense", "multi_vector_mask", "normalize"]
        assert model[2].config["skiplist_words"] == ()
        (row,) = model.encode_query(["a"])
        assert len(row) == 3
        np.testing.assert_allclose(np.linalg.norm(row, axis=1), 1, atol=1e-6)

    @pytest.mark.parametrize("kind", ["SparseEncoder", "CrossEncoder"])
    def test_another_type_is_refused(self, kind, folder):
        edit(folder, model_type=kind)
        with pytest.raises(AmbiguousHead, match="random"):
            load(folder)

    def test_a_type_that_nobody_knows_is_refused(self, folder):
        edit(folder, model_type="Other")
        with pytest.raises(BadModel, match="sets model_type='Other'"):
            load(folder)


class TestItsSettings:
    def test_a_prefix_stands_in_front_of_a_prompt(self, folder):
        edit(folder, prompts={"query": "a sea ", "document": "a the "})
        assert load(folder).prompts == {"query": "the a sea ", "document": "a the "}

    def test_the_files_of_the_modules_win(self, folder):
        path = folder / "sentence_bert_config.json"
        content = json.loads(path.read_text("utf-8"))
        filling = {"strategy": "fixed", "length": 8, "attend": True}
        path.write_text(json.dumps({**content, "query_expansion": filling}), "utf-8")
        assert [len(row) for row in load(folder).encode_query(TEXTS)] == [8, 8]

    def test_queries_are_fed_as_long_as_they_are_encoded(self, folder):
        edit(folder, query_length=12)
        model = load(folder)
        fed = model.preprocess(["a"], task="query")["input_ids"]
        assert fed.shape == (1, len(model.encode_query("a"))) == (1, 12)
        assert model.preprocess(["a"], task="document")["input_ids"].shape[1] < 12

    def test_what_is_null_is_not_said(self, folder):
        edit(folder, query_length=None, do_query_expansion=None, document_prefix=None)
        model = load(folder)
        assert len(model.encode_query("a")) == 32
        assert model.prompts["document"] == ""

    def test_a_marker_that_the_tokenizer_would_split_stays_whole(self, folder):
        edit(folder, query_prefix="[MASK] ", document_prefix="[UNK] ")
        model = load(folder)
        ids = model.preprocess(["[MASK] a"])["input_ids"][0].tolist()
        assert model.tokenizer.token_to_id("[MASK]") in ids

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"query_prefix": 5}, "query_prefix"),
            ({"skiplist_words": 5}, "skiplist_words"),
            ({"skiplist_words": ["a", 5]}, "skiplist_words"),
            ({"query_length": "12"}, "query_length"),
            ({"document_length": -1}, "document_length"),
            ({"query_expansion": "fixed"}, "query_expansion"),
        ],
    )
    def test_what_they_cannot_be(self, changes, said, folder):
        edit(folder, **changes)
        with pytest.raises(BadModel, match=said):
            load(folder)


class TestSpellingsOfASimilarity:
    @pytest.mark.parametrize(
        ("spelled", "name"),
        [
            ("MaxSim", "maxsim"), ("MAXSIM", "maxsim"), ("max_sim", "maxsim"), ("maxsim", "maxsim"),
            ("MeanMaxSim", "meanmaxsim"), ("mean_maxsim", "meanmaxsim"), ("cosine", "maxsim"),
            ("Dot", "maxsim"), (None, "maxsim"),
        ],
    )  # fmt: skip
    def test_of_late_interaction(self, spelled, name, folder, backend):
        edit(folder, similarity_fn_name=spelled)
        model = MultiVectorEncoder(folder, backend=backend)
        assert model.similarity_fn_name == name
        assert model.encode_query(TEXTS)

    @pytest.mark.parametrize(
        ("spelled", "dense", "sparse"),
        [
            ("Cosine", "cosine", "cosine"), ("dot_product", "dot", "dot"), ("DOT", "dot", "dot"),
            ("Euclidean", "euclidean", "euclidean"), ("MaxSim", "cosine", "dot"),
            (None, "cosine", "dot"),
        ],
    )  # fmt: skip
    def test_of_single_vectors(self, spelled, dense, sparse, tmp_path):
        for kind, source, name in (
            (SentenceTransformer, "models/bert-mean", dense),
            (SparseEncoder, "sparse/models/splade-max", sparse),
        ):
            folder = Path(shutil.copytree(PARITY / source, tmp_path / kind.__name__))
            edit(folder, similarity_fn_name=spelled)
            assert kind(folder, backend="reference").similarity_fn_name == name

    @pytest.mark.parametrize("spelled", [5, ["maxsim"], True])
    def test_what_is_no_text(self, spelled, folder):
        edit(folder, similarity_fn_name=spelled)
        with pytest.raises(BadModel, match="similarity_fn_name"):
            load(folder)

    @pytest.mark.parametrize("spelled", ["no_such", ""])
    def test_what_is_none_is_refused_unless_the_call_says_one(self, spelled, folder):
        edit(folder, similarity_fn_name=spelled)
        with pytest.raises(BadModel, match="similarity"):
            load(folder)
        model = MultiVectorEncoder(folder, backend="reference", similarity_fn_name="maxsim")
        assert model.similarity_fn_name == "maxsim"

    def test_a_call_spells_it_as_today(self):
        with pytest.raises(InputError, match="MaxSim"):
            MultiVectorEncoder(PYLATE, backend="reference", similarity_fn_name="MaxSim")
