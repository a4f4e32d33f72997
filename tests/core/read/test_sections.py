"""Which end of a long text a model keeps, where ``tokenizer.json`` alone says it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.plugins.reading import read_model

PARITY = Path(__file__).parents[2] / "parity"
LONG = "the river carries small stones down to a wide and quiet sea"
LEFT = {"direction": "Left", "max_length": 9, "strategy": "LongestFirst", "stride": 0}
FIXED = {
    "strategy": {"Fixed": 9},
    "direction": "Left",
    "pad_to_multiple_of": None,
    "pad_id": 0,
    "pad_type_id": 0,
    "pad_token": "[PAD]",
}

pytestmark = pytest.mark.filterwarnings("ignore:.*were cut")


def cutting(folder, *, ordered=False, **sections):
    """Sets sections of the folder's tokenizer.json; `ordered` sorts its keys, vocabulary first."""
    file = folder / "tokenizer.json"
    content = {**json.loads(file.read_text("utf-8")), **sections}
    file.write_text(json.dumps(content, sort_keys=ordered), "utf-8")


@pytest.fixture
def end(folder, edit):
    """The vector of a text of which the settings cut the begin."""
    edit("sentence_bert_config.json", max_seq_length=9)
    edit("tokenizer_config.json", truncation_side="left")
    found = SentenceTransformer(folder, backend="reference").encode(LONG)
    edit("tokenizer_config.json", truncation_side="right")
    begin = SentenceTransformer(folder, backend="reference").encode(LONG)
    assert np.abs(found - begin).max() > 0.01
    settings = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
    del settings["truncation_side"]
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    return found


@pytest.mark.parametrize("ordered", [False, True])
def test_tokenizer_json_says_which_end_is_cut(folder, end, ordered):
    cutting(folder, ordered=ordered, truncation=LEFT)
    model = SentenceTransformer(folder, backend="reference")
    np.testing.assert_array_equal(model.encode(LONG), end)


def test_the_word_of_the_settings_counts(folder, edit):
    cutting(folder, truncation=LEFT, padding=FIXED)
    assert read_model(folder).inputs.truncation_side == "left"
    edit("tokenizer_config.json", truncation_side="right")
    assert read_model(folder).inputs.truncation_side == "right"


def test_what_was_saved_cuts_the_same_end(folder, end, tmp_path):
    cutting(folder, truncation=LEFT)
    SentenceTransformer(folder, backend="reference").save_pretrained(tmp_path / "saved")
    again = SentenceTransformer(tmp_path / "saved", backend="reference")
    np.testing.assert_array_equal(again.encode(LONG), end)


def test_a_tokenizer_that_is_written_anew_keeps_its_side(folder, tmp_path):
    cutting(folder, truncation=LEFT)
    options = {"add_bos_token": True, "add_eos_token": False}
    model = SentenceTransformer(folder, backend="reference", processor_kwargs=options)
    model.save_pretrained(tmp_path / "saved")
    assert read_model(tmp_path / "saved").inputs.truncation_side == "left"


@pytest.mark.parametrize("ordered", [False, True])
def test_a_static_model_is_cut_where_and_at_the_side_that_its_file_says(tmp_path, ordered):
    folder = Path(shutil.copytree(PARITY / "models" / "static", tmp_path / "static"))
    place = next(folder.rglob("tokenizer.json")).parent
    cutting(place, truncation=None)
    expected = SentenceTransformer(folder, backend="reference").encode("e e e e")
    cutting(place, ordered=ordered, truncation={**LEFT, "max_length": 4})
    model = SentenceTransformer(folder, backend="reference")
    assert model.max_seq_length == 4
    np.testing.assert_allclose(model.encode("a a a a e e e e"), expected, atol=1e-6)


@pytest.mark.parametrize(("settings", "found"), [({"max_len": 7}, 7), ({"max_len": None}, 64)])
def test_the_older_name_of_the_longest_input(folder, edit, settings, found):
    content = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
    content.pop("model_max_length", None)
    (folder / "tokenizer_config.json").write_text(json.dumps({**content, **settings}), "utf-8")
    edit("sentence_bert_config.json", max_seq_length=None)
    assert read_model(folder).inputs.max_length == found
    edit("tokenizer_config.json", model_max_length=8)
    assert read_model(folder).inputs.max_length == 8
