"""Models that take messages give the ids and the results that sentence-transformers gives."""

from __future__ import annotations

import json

import numpy as np
import pytest

from isomorph import CrossEncoder, SentenceTransformer, installed

from .message_models import CONVERSATION, PAIRS, PARITY, SENTENCES, VARIANTS, build

pytest.importorskip("jinja2")
pytestmark = pytest.mark.usefixtures("one_session")
RECORDED = json.loads((PARITY / "messages.json").read_text("utf-8"))
BACKENDS = [info.name for info in installed().infos]


def loaded(name, tmp_path, backend=None):
    kind = CrossEncoder if VARIANTS[name].get("pairs") else SentenceTransformer
    return kind(build(name, tmp_path / name), backend=backend)


@pytest.mark.filterwarnings("ignore::isomorph.errors.TruncationWarning")
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", VARIANTS)
def test_results_are_the_references(name, backend, tmp_path):
    model = loaded(name, tmp_path, backend)
    for recorded in RECORDED[name]:
        if VARIANTS[name].get("pairs"):
            found = model.predict(PAIRS, prompt=recorded["prompt"])
        else:
            task = {"task": VARIANTS[name]["task"]} if "task" in VARIANTS[name] else {}
            found = model.encode(SENTENCES, prompt=recorded["prompt"], **task)
        expected = np.array(recorded["results"], np.float32)
        assert np.abs(found - expected).max() <= 1e-5 * max(1.0, float(np.abs(expected).max()))


@pytest.mark.parametrize("name", [name for name in VARIANTS if "task" not in VARIANTS[name]])
def test_ids_are_those_of_the_reference(name, tmp_path):
    model = loaded(name, tmp_path)
    given = PAIRS if VARIANTS[name].get("pairs") else SENTENCES
    for recorded in RECORDED[name]:
        for each, expected in zip(given, recorded["ids"], strict=True):
            found = model.preprocess([each], prompt=recorded["prompt"])
            assert found["input_ids"][0].tolist() == expected


def test_a_text_that_is_cut_keeps_the_tail_of_the_template(tmp_path):
    name = "texts-flat"
    longest = RECORDED[name][0]["ids"][-1]
    shortest = RECORDED[name][0]["ids"][0]
    assert len(longest) == 64
    assert longest[-5:] == shortest[-5:]
    model = loaded(name, tmp_path)
    assert model.preprocess([SENTENCES[-1]])["input_ids"][0].tolist() == longest


def test_a_conversation_is_one_input(tmp_path):
    model = loaded("texts-flat", tmp_path)
    expected = np.array(RECORDED["texts-flat"][0]["conversation"], np.float32)
    assert np.abs(model.encode(CONVERSATION) - expected).max() < 1e-5
    both = model.encode([CONVERSATION, "a sea", CONVERSATION])
    assert both.shape[0] == 3
    assert np.abs(both[2] - expected).max() < 1e-5


def test_a_conversation_scores_as_the_pair_that_it_holds(tmp_path):
    model = loaded("pairs-listed", tmp_path)
    query, document = PAIRS[0]
    spoken = [{"role": "query", "content": query}, {"role": "document", "content": document}]
    # The template reads flat content, which the model's settings leave to be guessed.
    assert model.predict(spoken) == model.predict((query, document))
    assert model.predict([spoken, (query, document)]).shape == (2,)


@pytest.mark.filterwarnings("ignore::isomorph.errors.TruncationWarning")
def test_a_saved_model_renders_as_before_and_says_so_in_its_settings(tmp_path):
    model = loaded("pairs-plain-classifier", tmp_path)
    model.save_pretrained(tmp_path / "saved")
    settings = json.loads((tmp_path / "saved" / "sentence_bert_config.json").read_text("utf-8"))
    entry = {"method": "forward", "method_output_name": "logits"}
    assert settings["modality_config"] == {"text": entry, "message": entry}
    again = CrossEncoder(tmp_path / "saved")
    assert np.array_equal(again.predict(PAIRS), model.predict(PAIRS))
