"""Which tokenizers are read, and which are refused by name."""

from __future__ import annotations

import json

import pytest
from tokenizers import Tokenizer

from isomorph import SentenceTransformer
from isomorph.encoders.describe import families
from isomorph.errors import BadModel, ModelNotFound, UnknownFormat, Unsupported
from isomorph.files.folder import Folder
from isomorph.preprocess.text import Text
from isomorph.preprocess.tokenize import TextEncoder
from isomorph.preprocess.tokenizer_classes import (
    CLASS_OF_MODEL,
    OWN_CODE,
    OWN_FRAME,
    WITHOUT_FILES,
)
from isomorph.preprocess.vocabulary.recipes import RECIPES, recipe_named
from isomorph.testing.tokenizer import vocabulary

TOKENS = vocabulary()


def write(place, *, model_type="bert", files=None, **settings):
    """A folder with BERT's vocabulary, or with other files."""
    contents = {
        "config.json": {"model_type": model_type},
        "tokenizer_config.json": settings,
        **(files if files is not None else {"vocab.txt": "\n".join(TOKENS) + "\n"}),
    }
    for name, content in contents.items():
        written = content if isinstance(content, str) else json.dumps(content)
        (place / name).write_text(written, "utf-8")
    return place


def load(place):
    return TextEncoder(Text(folder=Folder(place)))


def ids(place, text):
    return load(place).encode([text], None).ids[0].tolist()


@pytest.mark.parametrize("name", OWN_CODE)
def test_a_class_with_code_of_its_own_is_refused_by_name(tmp_path, name):
    with pytest.raises(Unsupported, match=f"needs {name}, which .*does not have it"):
        load(write(tmp_path, tokenizer_class=name))


@pytest.mark.parametrize("name", ["XLMTokenizer", "RoFormerTokenizer", "TapasTokenizer"])
def test_a_model_is_refused_before_anything_is_loaded(folder, edit, name):
    edit("tokenizer_config.json", tokenizer_class=name)
    with pytest.raises(Unsupported, match=f"{name}.*set tokenizer_class .*PreTrainedTokenizerFast"):
        SentenceTransformer(folder, backend="reference")


def test_a_class_of_the_models_config_counts(tmp_path):
    place = write(
        tmp_path, model_type="roberta", files={"vocab.txt": "a 1\n", "bpe.codes": "a b 1\n"}
    )
    config = {"model_type": "roberta", "tokenizer_class": "XLMTokenizer"}
    (place / "config.json").write_text(json.dumps(config), "utf-8")
    with pytest.raises(Unsupported, match=r"XLMTokenizer, which .* with sacremoses"):
        load(place)


def test_tweets_that_are_to_be_rewritten_are_refused(tmp_path):
    files = {"vocab.txt": "a 1\n", "bpe.codes": "a b 1\n"}
    place = write(tmp_path, tokenizer_class="BertweetTokenizer", files=files)
    settings = {"tokenizer_class": "BertweetTokenizer", "normalization": True}
    (place / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    with pytest.raises(Unsupported, match=r"normalization = true.*Rewrite the texts"):
        load(place)


@pytest.mark.parametrize(
    "name", ["SplinterTokenizer", "MadeUpTokenizer", "BlenderbotTokenizerFast"]
)
def test_a_class_whose_use_of_a_vocabulary_is_not_known_is_refused_by_name(tmp_path, name):
    with pytest.raises(UnknownFormat, match=f"{name.removesuffix('Fast')} uses a vocabulary"):
        load(write(tmp_path, tokenizer_class=name))


@pytest.mark.parametrize("model_type", ["oddity", "umt5", None])
def test_a_vocabulary_of_an_unknown_kind_of_model_is_refused(tmp_path, model_type):
    with pytest.raises(UnknownFormat, match="does not say how its vocabulary is used"):
        load(write(tmp_path, model_type=model_type))


def test_a_vocabulary_under_the_generic_class_is_refused(tmp_path):
    with pytest.raises(UnknownFormat, match="PreTrainedTokenizer does not say"):
        load(write(tmp_path, tokenizer_class="PreTrainedTokenizerFast"))


def test_the_files_of_the_class_must_be_there(tmp_path):
    place = write(tmp_path, model_type="roberta", tokenizer_class="RobertaTokenizer")
    with pytest.raises(ModelNotFound, match=r"vocab\.json and merges\.txt.*It holds: .*vocab\.txt"):
        load(place)


def test_a_kind_of_model_implies_a_class_that_is_read_or_refused_by_name():
    assert not set(CLASS_OF_MODEL) & set(families()), "a family's class stands in its own file"
    classes = [*CLASS_OF_MODEL.values(), *(family.tokenizer for family in families().values())]
    assert all(name.endswith("Tokenizer") for name in classes if name)
    assert {"BertTokenizer", "MPNetTokenizer", "T5Tokenizer"} <= set(classes)
    assert not set(RECIPES) & set(OWN_CODE)


def test_a_class_with_special_tokens_of_its_own_is_told_apart_from_one_that_asks_the_settings():
    """Users decide about begin and end tokens of those alone that ask."""
    asking = {name for name in RECIPES if name not in OWN_FRAME}
    assert asking == {
        "GPT2Tokenizer",
        "Qwen2Tokenizer",
        "GPTNeoXTokenizer",
        "LlamaTokenizer",
        "GemmaTokenizer",
    }


def test_a_class_without_files_is_known_to_whoever_looks_for_files():
    assert {name for name in RECIPES if not recipe_named(name).files} == WITHOUT_FILES


@pytest.mark.parametrize(
    "settings",
    [{"never_split": ["cat"]}, {"do_basic_tokenize": False}, {"wordpieces_prefix": "@@"}],
)
def test_a_setting_that_is_not_done_is_refused(tmp_path, settings):
    (name,) = settings
    with pytest.raises(Unsupported, match=name):
        load(write(tmp_path, tokenizer_class="BertTokenizer", **settings))


@pytest.mark.parametrize(
    "settings",
    [
        {"do_lower_case": "no"},
        {"strip_accents": 1},
        {"tokenizer_class": 5},
        {"unk_token": 7},
        {"additional_special_tokens": "x"},
        {"additional_special_tokens": [None]},
        {"added_tokens_decoder": []},
        {"added_tokens_decoder": {"x": {"content": "y"}}},
        {"added_tokens_decoder": {"-1": {"content": "y"}}},
        {"added_tokens_decoder": {"9" * 5000: {"content": "y"}}},
        {"added_tokens_decoder": {"61": {"content": "y", "lstrip": "no"}}},
        {"added_tokens_decoder": {"61": {}}},
        {"split_special_tokens": 0},
        {"unk_token": "[NONE]"},
        {"cls_token": "[NONE]"},
    ],
)
def test_settings_of_wrong_kinds_are_refused(tmp_path, settings):
    with pytest.raises(BadModel):
        load(write(tmp_path, **{"tokenizer_class": "BertTokenizer", **settings}))


def test_an_added_token_has_the_id_that_its_file_says(tmp_path):
    place = write(tmp_path, tokenizer_class="BertTokenizer")
    (place / "added_tokens.json").write_text(json.dumps({"[NEW]": len(TOKENS)}), "utf-8")
    assert ids(place, "the [NEW]cat")[2] == len(TOKENS)


@pytest.mark.parametrize("index", [len(TOKENS) + 1, 3, "x", None, -1, 1 << 40])
def test_an_added_token_under_another_id_is_refused(tmp_path, index):
    place = write(tmp_path, tokenizer_class="BertTokenizer")
    (place / "added_tokens.json").write_text(json.dumps({"[NEW]": index}), "utf-8")
    with pytest.raises(BadModel, match="added"):
        load(place)


def test_an_added_token_is_refused_where_ids_stand_twice(tmp_path):
    """The next free id would be that of another token."""
    text = "\n".join([TOKENS[0], *TOKENS]) + "\n"
    place = write(tmp_path, files={"vocab.txt": text}, additional_special_tokens=["[NEW]"])
    with pytest.raises(BadModel, match="gaps or stand twice"):
        load(place)


def test_added_tokens_beside_tokenizer_json_are_added_too(folder, edit):
    size = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab_size()
    plain = ids(folder, "the [NEW] cat")
    edit("tokenizer_config.json", added_tokens_decoder={str(size): {"content": "[NEW]"}})
    assert size in ids(folder, "the [NEW] cat")
    assert size not in plain


def test_special_tokens_are_split_where_the_settings_say_so(folder, edit):
    whole = ids(folder, "[MASK]")
    edit("tokenizer_config.json", split_special_tokens=True)
    assert len(ids(folder, "[MASK]")) > len(whole)


def test_a_static_model_takes_its_tokenizer_as_it_is(folder, edit):
    edit("tokenizer_config.json", split_special_tokens=True, additional_special_tokens=["the"])
    text = Text(folder=Folder(folder), bare=True, special_tokens=False)
    plain = Tokenizer.from_file(str(folder / "tokenizer.json"))
    wanted = plain.encode("[MASK] the cat", add_special_tokens=False).ids
    assert TextEncoder(text).encode(["[MASK] the cat"], None).ids[0].tolist() == wanted
