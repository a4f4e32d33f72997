"""Folders without ``modules.json``: pooled as they say, or as sentence-transformers guesses, with a word."""

from __future__ import annotations

import json
import pickle
import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder
from isomorph.errors import AmbiguousHead, BadModel, InputError, PoolingGuessed, UnknownFormat
from isomorph.testing.models import write

PARITY = Path(__file__).parents[2] / "parity"
TEXTS = ["the river carries small stones", "a sea"]


def plain(tmp_path, source, *without):
    folder = tmp_path / "plain"
    shutil.copytree(PARITY / source, folder)
    for name in ("modules.json", *without):
        path = folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return folder


def same(found, wanted):
    np.testing.assert_allclose(found, wanted, atol=3e-6)


class TestGuessing:
    @pytest.fixture
    def folder(self, tmp_path):
        return plain(tmp_path, "models/bert-cls", "1_Pooling")

    def test_an_encoder_is_pooled_by_its_mean_with_a_warning_at_the_callers_line(self, folder):
        with pytest.warns(PoolingGuessed, match=r"pooling='mean'.*strict=True") as caught:
            model = SentenceTransformer(folder, backend="reference")
        assert len(caught) == 1
        assert caught[0].filename == __file__
        same(model.encode(TEXTS), SentenceTransformer(folder, pooling="mean").encode(TEXTS))

    @pytest.mark.parametrize(
        ("changes", "mode"),
        [
            ({}, "lasttoken"),
            ({"is_causal": True}, "lasttoken"),
            ({"is_causal": False}, "mean"),
            ({"architectures": ["LlamaModel", "LlamaForCausalLM"]}, "mean"),
            ({"architectures": None}, "mean"),
        ],
    )
    def test_a_language_model_is_pooled_by_its_last_token(self, changes, mode, tmp_path):
        folder = plain(tmp_path, "cross_encoders/models/llama-logit", "1_LogitScore")
        (folder / "sentence_bert_config.json").unlink()
        config = json.loads((folder / "config.json").read_text("utf-8"))
        (folder / "config.json").write_text(json.dumps({**config, **changes}), "utf-8")
        with pytest.warns(PoolingGuessed, match=f"pooling='{mode}'"):
            model = SentenceTransformer(folder, backend="reference")
        wanted = SentenceTransformer(folder, backend="reference", pooling=mode)
        same(model.encode(TEXTS), wanted.encode(TEXTS))

    def test_strict_refuses_to_guess(self, folder):
        with pytest.raises(AmbiguousHead, match=r"has no modules\.json.*pooling='mean'"):
            SentenceTransformer(folder, backend="reference", strict=True)

    def test_who_says_how_to_pool_is_not_warned(self, folder):
        model = SentenceTransformer(folder, backend="reference", pooling="cls")
        assert [module.kind for module in model] == ["transformer", "pooling"]
        same(model.encode(TEXTS), SentenceTransformer(PARITY / "models/bert-cls").encode(TEXTS))

    def test_a_guess_is_told_once_and_saved(self, folder, tmp_path):
        with pytest.warns(PoolingGuessed):
            model = SentenceTransformer(folder, backend="reference")
        wanted = model.encode(TEXTS)
        same(pickle.loads(pickle.dumps(model)).encode(TEXTS), wanted)
        model.save_pretrained(tmp_path / "saved")
        again = SentenceTransformer(tmp_path / "saved", backend="reference", strict=True)
        same(again.encode(TEXTS), wanted)

    def test_a_mode_that_does_not_exist(self, folder):
        with pytest.raises(InputError, match=r"'middle' is not one of cls, max, mean"):
            SentenceTransformer(folder, backend="reference", pooling="middle")

    def test_a_list_of_modules_without_pooling_is_not_completed(self, tmp_path):
        folder = tmp_path / "listed"
        shutil.copytree(PARITY / "models/bert-cls", folder)
        entries = json.loads((folder / "modules.json").read_text("utf-8"))
        (folder / "modules.json").write_text(json.dumps(entries[:1]), "utf-8")
        with pytest.raises(AmbiguousHead, match="lists no module that pools"):
            SentenceTransformer(folder, backend="reference")
        model = SentenceTransformer(folder, backend="reference", pooling="cls")
        same(model.encode(TEXTS), SentenceTransformer(PARITY / "models/bert-cls").encode(TEXTS))


class TestFoldersThatAreCalledLikeModules:
    @pytest.mark.parametrize(
        "source",
        ["models/bert-cls", "models/dense-tanh", "models/distilbert-mean-normalize"],
    )
    def test_they_are_the_chain_in_the_order_of_their_numbers(self, source, tmp_path, backend):
        folder = plain(tmp_path, source)
        whole = SentenceTransformer(PARITY / source, backend=backend)
        for place, module in enumerate(whole):  # an empty one is lost on the way through git
            (folder / module.folder).mkdir(exist_ok=True)
            assert place == int(module.name)
        model = SentenceTransformer(folder, backend=backend, strict=True)
        same(model.encode(TEXTS), whole.encode(TEXTS))

    def test_a_sparse_head_among_them_reads_scores_of_words(self, tmp_path):
        source = PARITY / "sparse/models/splade-sum"
        folder = plain(tmp_path, source)
        (folder / "sentence_bert_config.json").unlink()
        found, wanted = (SparseEncoder(f, backend="reference") for f in (folder, source))
        same(found.encode(TEXTS).toarray(), wanted.encode(TEXTS).toarray())

    @pytest.mark.parametrize(
        ("made", "says"),
        [
            (["3_Normalize"], "no module 2, but 3_Normalize"),
            (["1_Normalize"], "has the place of 1_Normalize"),
            (["2_Whitening"], "2_Whitening is of a class that is not known"),
        ],
    )
    def test_what_they_do_not_say_is_refused_by_name(self, made, says, tmp_path):
        folder = plain(tmp_path, "models/bert-cls")
        for name in made:
            (folder / name).mkdir()
        with pytest.raises(BadModel, match=says):
            SentenceTransformer(folder, backend="reference")

    def test_folders_of_other_names_are_nobodys_module(self, tmp_path):
        folder = plain(tmp_path, "models/bert-cls")
        for name in ("results", "2_results", "checkpoint-1", "0_Transformer"):
            (folder / name).mkdir()
        SentenceTransformer(folder, backend="reference", strict=True)

    def test_the_call_wins(self, tmp_path):
        folder = plain(tmp_path, "models/bert-cls")
        model = SentenceTransformer(folder, backend="reference", pooling="mean")
        assert [module.kind for module in model] == ["transformer", "pooling"]
        same(
            model.encode(TEXTS),
            SentenceTransformer(PARITY / "models/bert-cls", pooling="mean").encode(TEXTS),
        )


def test_the_other_classes_make_up_no_head(tmp_path):
    folder = plain(tmp_path, "models/bert-cls", "1_Pooling")
    with pytest.raises(UnknownFormat, match="ForSequenceClassification"):
        CrossEncoder(folder, backend="reference")
    for kind in (SparseEncoder, MultiVectorEncoder):
        with pytest.raises(AmbiguousHead, match="random"):
            kind(folder, backend="reference")


def test_nothing_is_guessed_where_something_is_said(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SentenceTransformer(PARITY / "models/bert-cls", backend="reference")


def test_prompts_and_lengths_count_without_a_list_of_modules(tmp_path):
    folder = plain(tmp_path, "models/prompts-default")
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 9}', "utf-8")
    model = SentenceTransformer(folder, backend="reference")
    listed = SentenceTransformer(PARITY / "models/prompts-default", backend="reference")
    assert (model.prompts, model.default_prompt_name) == (
        listed.prompts,
        listed.default_prompt_name,
    )
    assert any(model.prompts.values())
    assert model.max_seq_length == 9


def test_a_folder_that_scores_pairs_is_not_taken_for_one_that_lacks_a_pooling(tmp_path):
    folder = write("bert-sequence-classification", tmp_path)
    with pytest.raises(AmbiguousHead, match="scores pairs of texts, and CrossEncoder opens it so"):
        SentenceTransformer(folder, backend="reference", strict=True)
