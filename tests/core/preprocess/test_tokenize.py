from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from tokenizers import Tokenizer, normalizers

from isomorph import SentenceTransformer
from isomorph.errors import BadModel, InputError, ModelNotFound
from isomorph.files.folder import Folder
from isomorph.preprocess.text import Text
from isomorph.preprocess.tokenize import TextEncoder
from isomorph.testing.tokenizer import write_tokenizer

TEXT = "the river carries small stones from the high valley"


@pytest.fixture
def text(folder):
    return Text(folder=Folder(folder))


@pytest.fixture
def encoder(text):
    return TextEncoder(text)


def ids(encoder, *arguments, **options):
    return [row.tolist() for row in encoder.encode(*arguments, **options).ids]


def test_special_tokens_stand_around_the_text(encoder):
    (row,) = ids(encoder, [TEXT], None)
    assert row == encoder.tokenizer.encode(TEXT).ids


def test_an_empty_text_is_its_special_tokens(encoder):
    (row,) = ids(encoder, [""], None)
    assert row == encoder.tokenizer.encode("").ids
    assert len(row) == 2


def test_no_texts(encoder):
    encoded = encoder.encode([], 10)
    assert encoded.ids == ()
    assert encoded.truncated.size == 0


@pytest.mark.parametrize("length", [2, 3, 5, 1000])
def test_the_end_is_cut_and_the_special_tokens_stay(encoder, length):
    (whole,), (row,) = ids(encoder, [TEXT], None), ids(encoder, [TEXT], length)
    assert row == ([*whole[: length - 1], whole[-1]] if length < len(whole) else whole)


def test_the_start_is_cut_where_the_model_says_left(text):
    encoder = TextEncoder(replace(text, truncation_side="left"))
    (whole,), (row,) = ids(encoder, [TEXT], None), ids(encoder, [TEXT], 6)
    assert row == [whole[0], *whole[-5:]]
    assert ids(encoder, [TEXT], 2) == [[whole[0], whole[-1]]]


def test_the_cut_is_the_tokenizers_own(encoder, folder):
    peer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    for length in range(2, 14):
        peer.enable_truncation(length)
        assert ids(encoder, [TEXT], length) == [peer.encode(TEXT).ids]


def test_what_was_cut_is_told(encoder):
    encoded = encoder.encode(["the", TEXT, "river", TEXT], 5, exact=True)
    assert encoded.truncated.tolist() == [1, 3]
    assert encoded.lengths.max() == 5
    assert encoded.full_lengths[1] == len(encoder.encode([TEXT], None).ids[0])


def test_a_prompt_is_part_of_the_text_and_counted(encoder):
    encoded = encoder.encode([TEXT], None, "the river ")
    assert encoded.ids[0].tolist() == ids(encoder, ["the river " + TEXT], None)[0]
    assert encoded.prompt_length == len(encoder.encode(["the river "], None).ids[0]) - 1
    assert encoder.encode([TEXT], None).prompt_length == 0


def test_a_prompt_is_counted_for_those_alone_who_ask(encoder, monkeypatch):
    asked = []
    tokens = type(encoder._pieces).tokens

    def counted(pieces, texts, *args):
        asked.append(list(texts))
        return tokens(pieces, texts, *args)

    monkeypatch.setattr(type(encoder._pieces), "tokens", counted)
    encoded = encoder.encode([TEXT], None, "the river ")
    encoded.feeds([0], len(encoded.ids[0]), 0, ["input_ids", "attention_mask"])
    assert asked == [["the river " + TEXT]]
    fed = encoded.feeds([0], len(encoded.ids[0]), 0, ["input_ids", "prompt_length"])
    assert fed["prompt_length"].tolist() == [encoded.prompt_length]
    assert ["the river "] in asked


def test_a_prompt_that_fills_the_row_leaves_the_closing_token(encoder):
    assert encoder.encode([TEXT], 6, TEXT).prompt_length == 5


def test_half_a_surrogate_pair_is_an_input_error(encoder):
    with pytest.raises(InputError, match="Input 1 holds half of a surrogate pair"):
        encoder.encode(["fine", "\ud83d"], 10)


def test_padding_and_truncation_of_the_file_are_not_used(folder, encoder):
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(3)
    tokenizer.enable_padding(length=64)
    tokenizer.save(str(folder / "tokenizer.json"))
    assert ids(TextEncoder(Text(folder=Folder(folder))), [TEXT], None) == ids(encoder, [TEXT], None)


def test_lower_casing_is_put_in_front(folder, edit):
    edit("tokenizer_config.json", tokenizer_class="BertTokenizer", do_lower_case=False)
    plain = TextEncoder(Text(folder=Folder(folder)))
    lowered = TextEncoder(Text(folder=Folder(folder), lowercase=True))
    assert ids(plain, ["THE RIVER"], None) != ids(plain, ["the river"], None)
    assert ids(lowered, ["THE RIVER"], None) == ids(plain, ["the river"], None)


class TestSettings:
    """Where ``tokenizer_config.json`` and ``tokenizer.json`` disagree."""

    @pytest.mark.parametrize("name", ["BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer"])
    def test_they_win_for_the_classes_of_bert(self, folder, edit, name):
        edit("tokenizer_config.json", tokenizer_class=name, do_lower_case=False)
        edit("tokenizer_config.json", strip_accents=True, tokenize_chinese_chars=False)
        found = json.loads(TextEncoder(Text(folder=Folder(folder))).tokenizer.to_str())[
            "normalizer"
        ]
        assert found["lowercase"] is False
        assert found["strip_accents"] is True
        assert found["handle_chinese_chars"] is False

    def test_they_do_not_for_the_generic_class(self, folder, edit, encoder):
        edit("tokenizer_config.json", do_lower_case=False)
        edit("tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast")
        assert ids(TextEncoder(Text(folder=Folder(folder))), ["THE"], None) == ids(
            encoder, ["the"], None
        )

    def test_the_model_decides_where_no_class_is_named(self, folder, edit):
        edit("tokenizer_config.json", tokenizer_class=None, do_lower_case=False)
        upper = ids(TextEncoder(Text(folder=Folder(folder))), ["THE"], None)
        edit("config.json", model_type="modernbert")
        assert ids(TextEncoder(Text(folder=Folder(folder))), ["THE"], None) != upper

    def test_a_normaliser_of_several_steps_is_left_alone(self, folder, edit):
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        steps = [normalizers.Lowercase(), normalizers.BertNormalizer(lowercase=False)]
        tokenizer.normalizer = normalizers.Sequence(steps)
        tokenizer.save(str(folder / "tokenizer.json"))
        edit("tokenizer_config.json", tokenizer_class="BertTokenizer", do_lower_case=False)
        encoder = TextEncoder(Text(folder=Folder(folder)))
        assert ids(encoder, ["THE"], None) == ids(encoder, ["the"], None)


def test_a_folder_without_tokenizer(folder):
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelNotFound, match=r"neither tokenizer\.json nor vocab\.txt"):
        TextEncoder(Text(folder=Folder(folder)))


def test_a_damaged_tokenizer(folder):
    (folder / "tokenizer.json").write_text('{"version": "1.0"', "utf-8")
    with pytest.raises(BadModel, match=r"tokenizer in .* cannot be read"):
        TextEncoder(Text(folder=Folder(folder)))


@pytest.mark.parametrize("value", [None, 3, b"bytes", ["a", None], ["a", 3.5], ["\ud800"]])
def test_a_model_refuses_before_anything_runs(folder, value):
    model = SentenceTransformer(folder, backend="reference")
    with pytest.raises(InputError, match=r"Input \d"):
        model.encode(value)
    assert model.encode([]).shape == (0, 16)
    assert model.encode([]).dtype == np.float32


def test_markers_of_the_vocabulary_are_not_split(tmp_path):
    write_tokenizer(tmp_path)
    file = tmp_path / "tokenizer.json"
    file.write_text(file.read_text("utf-8").replace('"##er"', '"[unused0]"'), "utf-8")
    plain = TextEncoder(Text(folder=Folder(tmp_path)))
    marked = TextEncoder(Text(folder=Folder(tmp_path), markers=("[unused0]", "[nowhere]", "cat")))
    wanted = plain.tokenizer.token_to_id("[unused0]")
    assert wanted not in plain.encode(["[unused0] cat"], None).ids[0]
    assert marked.encode(["[unused0] cat"], None).ids[0][1] == wanted
    assert marked.tokenizer.token_to_id("[nowhere]") is None
    same = marked.encode(["the cats"], None).ids[0].tolist()
    assert same == plain.encode(["the cats"], None).ids[0].tolist()  # "cat" is whole as it is
