"""Begin and end tokens: what the files say, what the user says, and what is said where they disagree."""

from __future__ import annotations

import json
import pickle
import warnings

import pytest
from tokenizers import Tokenizer, processors

from isomorph import SentenceTransformer
from isomorph.errors import InputError, SettingIgnored

BEGIN, END = "[CLS]", "[SEP]"


@pytest.fixture
def model(folder, edit):
    """A model whose tokenizer.json adds a begin token, and whose settings name an end token too."""
    file = folder / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(file))
    begin = (BEGIN, tokenizer.token_to_id(BEGIN))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A", special_tokens=[begin]
    )
    tokenizer.save(str(file))
    settings = {"tokenizer_class": "LlamaTokenizer", "bos_token": BEGIN, "eos_token": END}
    edit("tokenizer_config.json", **settings)
    return folder


def ends(folder, **arguments):
    """Whether the ids of a text begin with the begin token and end with the end token."""
    loaded = SentenceTransformer(folder, backend="reference", **arguments)
    names = [
        loaded.tokenizer.id_to_token(int(i)) for i in loaded.preprocess(["the cat"])["input_ids"][0]
    ]
    return names[0] == BEGIN, names[-1] == END


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"add_bos_token": True, "add_eos_token": True}, "add_eos_token = true"),
        ({"add_bos_token": False}, "add_bos_token = false"),
    ],
)
def test_tokenizer_json_is_followed_and_a_setting_that_disagrees_is_told(model, edit, said, told):
    edit("tokenizer_config.json", **said)
    with pytest.warns(SettingIgnored, match=told):
        assert ends(model) == (True, False)


def test_nothing_is_told_where_they_agree(model, edit):
    edit("tokenizer_config.json", add_bos_token=True, add_eos_token=False)
    assert ends(model) == (True, False)


@pytest.mark.parametrize("begin", [True, False])
@pytest.mark.parametrize("end", [True, False])
def test_the_user_decides(model, edit, begin, end):
    edit("tokenizer_config.json", add_bos_token=True, add_eos_token=True)
    asked = {"add_bos_token": begin, "add_eos_token": end}
    assert ends(model, processor_kwargs=asked) == (begin, end)


def test_to_say_one_is_to_say_that_the_other_is_not_added(model):
    with pytest.warns(SettingIgnored, match="add_bos_token was not said"):
        assert ends(model, processor_kwargs={"add_eos_token": True}) == (False, True)


def test_a_token_that_is_not_named_cannot_be_added(model, edit):
    edit("tokenizer_config.json", eos_token=None)
    loaded = SentenceTransformer(
        model, backend="reference", processor_kwargs={"add_bos_token": True, "add_eos_token": True}
    )
    with pytest.raises(InputError, match="names no eos_token"):
        loaded.encode("the cat")


def test_a_class_with_a_frame_of_its_own_refuses(model, edit):
    edit("tokenizer_config.json", tokenizer_class="BertTokenizer")
    loaded = SentenceTransformer(
        model, backend="reference", processor_kwargs={"add_eos_token": True}
    )
    with pytest.raises(InputError, match="no effect on BertTokenizer"):
        loaded.encode("the cat")


@pytest.mark.parametrize("value", ["yes", 2, []])
def test_what_is_neither_true_nor_false_is_refused(model, value):
    with pytest.raises(InputError, match="add_eos_token must be True or False"):
        SentenceTransformer(model, backend="reference", processor_kwargs={"add_eos_token": value})


def test_what_nobody_reads_is_refused_by_name(model):
    with pytest.raises(InputError, match="add_end_token have no effect"):
        SentenceTransformer(model, backend="reference", processor_kwargs={"add_end_token": True})


def test_what_the_user_said_stays_in_copies_and_saved_folders(model, edit, tmp_path):
    edit("tokenizer_config.json", add_bos_token=False, add_eos_token=False)
    asked = {"add_bos_token": True, "add_eos_token": True}
    loaded = SentenceTransformer(model, backend="reference", processor_kwargs=asked)
    loaded.save_pretrained(str(tmp_path / "saved"))
    wanted = loaded.preprocess(["the cat"])["input_ids"].tolist()
    assert (
        pickle.loads(pickle.dumps(loaded)).preprocess(["the cat"])["input_ids"].tolist() == wanted
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = SentenceTransformer(tmp_path / "saved", backend="reference")
        assert again.preprocess(["the cat"])["input_ids"].tolist() == wanted
    settings = json.loads((tmp_path / "saved" / "tokenizer_config.json").read_text("utf-8"))
    assert settings["add_eos_token"] is True
