"""The recorded answers of sentence-transformers' CrossEncoder, held against every backend."""

from __future__ import annotations

import json
import shutil
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from isomorph import CrossEncoder
from isomorph.errors import BackendUnavailable, BadModel, InputError, UnknownFormat, Unsupported

from .pairs import DOCUMENTS, PAIRS, PROMPT, QUERY
from .recorded import ANY, absent, assert_close

pytestmark = pytest.mark.usefixtures("one_session")
HERE = Path(__file__).parent / "cross_encoders"
NAMES = sorted(path.name for path in (HERE / "models").iterdir())


@cache
def load(name, backend):
    try:
        return CrossEncoder(HERE / "models" / name, backend=backend)
    except BackendUnavailable as reason:
        absent(backend, str(reason))
        raise


@cache
def recorded(name):
    with np.load(HERE / "expected.npz") as file:
        return {
            key.partition("/")[2]: value
            for key, value in file.items()
            if key.startswith(f"{name}/")
        }


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


class TestRecorded:
    def test_scores_agree(self, name, backend):
        model, want = load(name, backend), recorded(name)
        assert_close(model.predict(PAIRS), want["scores"])
        assert_close(model.predict(PAIRS, activation_fn="Identity"), want["raw"])
        assert_close(model.predict(PAIRS, activation_fn="torch.nn.Tanh"), want["tanh"])
        assert_close(model.predict(PAIRS, activation_fn=np.tanh), want["tanh"])
        assert_close(model.predict(PAIRS, prompt=PROMPT), want["prompt"])
        assert_close(model.predict(PAIRS[0]), want["single"])
        if "softmax" in want:
            assert_close(model.predict(PAIRS, apply_softmax=True), want["softmax"])

    def test_settings_agree(self, name):
        model, want = load(name, ANY), recorded(name)
        assert model.num_labels == want["num_labels"]
        assert model.max_seq_length == want["max_seq_length"]

    def test_rankings_agree(self, name, backend):
        model, want = load(name, backend), recorded(name)
        if model.num_labels > 1:
            with pytest.raises(InputError, match="labels"):
                model.rank(QUERY, DOCUMENTS)
            return
        ranked = model.rank(QUERY, DOCUMENTS, return_documents=True)
        assert_close([row["score"] for row in ranked], want["ranked_scores"])
        by_index = dict(zip(want["ranked"].tolist(), want["ranked_scores"], strict=True))
        for row in ranked:
            assert row["text"] == DOCUMENTS[row["corpus_id"]]
            assert abs(row["score"] - by_index[row["corpus_id"]]) < 1e-5


class TestRanking:
    def test_many_queries_in_one_schedule_are_a_loop(self, backend):
        model = load("bert-typed", backend)
        queries = [QUERY, "who repairs nets", "nobody"]
        lists = [DOCUMENTS, DOCUMENTS[:2], []]
        many = model.rank_many(queries, lists, top_k=3)
        for got, query, documents in zip(many, queries, lists, strict=True):
            alone = model.rank(query, documents, top_k=3)
            assert [row["corpus_id"] for row in got] == [row["corpus_id"] for row in alone]
            assert_close([r["score"] for r in got], np.array([r["score"] for r in alone]))

    def test_equal_scores_keep_their_order(self, backend):
        ranked = load("bert-typed", backend).rank(QUERY, ["river", "sea", "river"])
        ids = [row["corpus_id"] for row in ranked]
        assert ids.index(0) < ids.index(2)

    def test_top_k(self, backend):
        model = load("bert-typed", backend)
        assert model.rank(QUERY, DOCUMENTS, top_k=0) == []
        assert len(model.rank(QUERY, DOCUMENTS, top_k=99)) == len(DOCUMENTS)


class TestBadCalls:
    """Each is refused before anything runs: the model that is asked has not been loaded."""

    @pytest.mark.parametrize(
        ("arguments", "options", "says"),
        [
            ((["one text"],), {}, "pairs of texts|Input 0"),
            (([("a", "b", "c")],), {}, "of 3 parts"),
            (([("a", None)],), {}, "NoneType"),
            ((None,), {}, "None"),
            ((PAIRS,), {"batch_size": 0}, "positive integer"),
            ((PAIRS,), {"no_such": 1}, "no_such"),
            ((PAIRS,), {"prompt_name": "no_such"}, "no_such"),
            ((PAIRS,), {"activation_fn": "no_such"}, "no_such"),
            ((PAIRS,), {"apply_softmax": True}, "one label"),
            ((PAIRS,), {"sentences": PAIRS}, "two names"),
        ],
    )
    def test_predict_refuses(self, arguments, options, says):
        with pytest.raises(InputError, match=says):
            CrossEncoder(HERE / "models" / "bert-typed", backend="reference").predict(
                *arguments, **options
            )

    @pytest.mark.parametrize(
        ("arguments", "options", "says"),
        [
            ((QUERY, DOCUMENTS), {"top_k": -1}, "top_k"),
            ((QUERY, "one text"), {}, "documents is str"),
        ],
    )
    def test_rank_refuses(self, arguments, options, says):
        with pytest.raises(InputError, match=says):
            load("bert-typed", "reference").rank(*arguments, **options)

    def test_other_labels_than_the_model_has_are_refused(self):
        with pytest.raises(InputError, match="random"):
            CrossEncoder(HERE / "models" / "bert-typed", num_labels=4)

    def test_an_encoder_without_a_head_is_refused(self):
        with pytest.raises(UnknownFormat, match="ForSequenceClassification"):
            CrossEncoder(Path(__file__).parent / "models" / "bert-mean")


class TestShapes:
    def test_nothing_gives_float32_of_the_right_shape(self, backend):
        one, three = load("bert-typed", backend), load("bert-three-labels", backend)
        assert one.predict([]).shape == (0,)
        assert three.predict([]).shape == (0, 3)
        assert one.predict([]).dtype == three.predict([]).dtype == np.float32

    def test_a_list_of_arrays(self, backend):
        model = load("bert-three-labels", backend)
        listed = model.predict(PAIRS, convert_to_numpy=False)
        assert isinstance(listed, list)
        assert_close(np.stack(listed), recorded("bert-three-labels")["scores"])

    def test_old_names_of_arguments(self, backend):
        with pytest.warns(DeprecationWarning, match="is an old name"):
            model = CrossEncoder(
                model_name=HERE / "models" / "bert-typed",
                default_activation_function="Identity",
                max_length=40,
                backend=backend,
            )
        assert model.max_seq_length == 40
        with pytest.warns(DeprecationWarning, match="sentences="):
            assert_close(model.predict(sentences=PAIRS[0]), recorded("bert-typed")["raw"][0])
        with pytest.warns(DeprecationWarning, match="activation_fct="):
            model.predict(PAIRS, activation_fct="Sigmoid", num_workers=0)
        assert model.report().truncated


class TestLanguageModels:
    """A plain folder of a language model: its word for yes over no is the score."""

    @pytest.fixture
    def folder(self, tmp_path):
        source = HERE / "models" / "llama-logit"
        folder = Path(shutil.copytree(source, tmp_path / "model"))
        for name in ("modules.json", "config_sentence_transformers.json"):
            (folder / name).unlink()
        tokenizer = folder / "tokenizer.json"
        content = json.loads(tokenizer.read_text("utf-8"))
        words = content["model"]["vocab"]
        by_id = {number: word for word, number in words.items()}
        for word, number in (("yes", 77), ("no", 99)):
            words[word] = words.pop(by_id[number])
        tokenizer.write_text(json.dumps(content), "utf-8")
        return folder

    def test_its_words_are_found(self, folder, backend):
        load("llama-logit", backend)  # skips where the backend is absent
        pairs = [("stones", "river"), ("", "sea")]
        plain = CrossEncoder(folder, backend=backend).predict(pairs, activation_fn="Identity")
        listed = load("llama-logit", backend).predict(pairs, activation_fn="Identity")
        np.testing.assert_allclose(plain, listed, atol=1e-5)

    def test_a_chat_template_without_the_roles_of_a_pair_is_refused(self, folder):
        (folder / "chat_template.jinja").write_text("{{ messages[1].content }}", "utf-8")
        with pytest.raises(Unsupported, match="the text of query does not reach the result"):
            CrossEncoder(folder).predict(("stones", "river"))

    def test_words_that_are_not_there(self, folder):
        shutil.copy(HERE / "models" / "llama-logit" / "tokenizer.json", folder)
        with pytest.raises(BadModel, match="'yes' and 'no'"):
            CrossEncoder(folder)
