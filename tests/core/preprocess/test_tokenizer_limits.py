"""What the files of a tokenizer may not ask for, and that nothing in them gives another error than ours."""

from __future__ import annotations

import base64
import json
import random
import shutil
import struct
from contextlib import suppress
from pathlib import Path

import pytest

from isomorph.errors import BadModel, IsomorphError
from isomorph.files.folder import Folder
from isomorph.preprocess.regexes import TooMuch, read_regex
from isomorph.preprocess.seams import _WORDS
from isomorph.preprocess.text import Text
from isomorph.preprocess.tokenize import TextEncoder
from isomorph.preprocess.vocabulary.wire import fields

TEXTS = ["the river", "", "aaaa", "日本 😀", "a" * 300]


def load(place):
    return TextEncoder(Text(folder=Folder(place)))


@pytest.fixture
def with_part(folder):
    """Writes tokenizer.json with some parts of its own."""

    def write(**parts):
        file = folder / "tokenizer.json"
        content = {**json.loads(file.read_text("utf-8")), **parts}
        file.write_text(json.dumps(content), "utf-8")
        return folder

    return write


@pytest.fixture
def copied(tmp_path):
    """The vocabulary of a tokenizer, copied to be damaged."""
    source = Path(__file__).parents[2] / "parity" / "vocabularies"
    homes = {"vocab.txt": "bert", "vocab.json": "roberta", "merges.txt": "roberta"}
    homes |= {"sentencepiece.bpe.model": "xlm-roberta", "spiece.model": "t5"}

    def copy(name):
        return Path(shutil.copytree(source / homes[name], tmp_path / "model")) / name

    return copy


def replace(pattern, content, kind="String"):
    return {"type": "Replace", "pattern": {kind: pattern}, "content": content}


def sequence(*steps):
    return {"type": "Sequence", "normalizers": list(steps)}


def charsmap(longest):
    written = struct.pack("<I", 4) + b"\0\0\0\0" + b"x" * longest + b"\0"
    return {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(written).decode()}


MULTIPLY = {
    "one long text": replace("a", "x" * 1_000_000),
    "one after another": sequence(*[replace("a", "a" * 100)] * 4),
    "an empty expression": sequence(*[replace("", "x" * 100, "Regex")] * 3),
    "an empty text": sequence(*[replace("", "x" * 100)] * 3),
    "in front": {"type": "Prepend", "prepend": "x" * 1000},
    "a map of characters": charsmap(1000),
    "many steps": sequence(*[{"type": "NFC"}] * 1000),
    "nested": sequence(
        sequence(*[replace("a", "a" * 100)] * 2), sequence(*[replace("a", "a" * 100)] * 2)
    ),
    "Unicode's own": sequence(*[replace("l", "ﷺ"), {"type": "NFKD"}] * 10),
}


@pytest.mark.parametrize("name", MULTIPLY)
def test_a_normaliser_that_multiplies_text_is_refused(with_part, name):
    with pytest.raises(BadModel, match=r"The tokenizer in .* has"):
        load(with_part(normalizer=MULTIPLY[name]))


ENDLESS = [
    "(a+)+$",
    "(a|a)*b",
    "(?:a?)*b",
    r"(\s*x\s*)+",
    "(?:a*){2,9}",
    r"(a)\1",
    "a*a*a*a*a*b",
    "(a+)++",
]


@pytest.mark.parametrize("pattern", ENDLESS)
def test_an_expression_that_may_take_forever_is_refused(with_part, pattern):
    split = {
        "type": "Split",
        "pattern": {"Regex": pattern},
        "behavior": "Isolated",
        "invert": False,
    }
    with pytest.raises(BadModel, match="has the regular expression"):
        load(with_part(pre_tokenizer=split))
    with pytest.raises(BadModel, match="has the regular expression"):
        load(with_part(normalizer=replace(pattern, "x", "Regex"), pre_tokenizer=None))


@pytest.mark.parametrize("pattern", ["(", "[a", "a)", "x" * 20_000, "(?<", "\\"])
def test_an_expression_that_is_none_is_refused(pattern):
    with pytest.raises(TooMuch):
        read_regex(pattern)


def test_the_expressions_that_people_publish_are_read():
    for pattern in (
        *_WORDS,
        r"\d{1,3}(?=(?:\d{3})*\b)",
        "[]a]+[^]b]*",
        r"[\p{L}&&[^\p{Han}]]+",
        "(?#note)a",
    ):
        assert read_regex(pattern).shortest >= 1


def test_many_special_tokens_around_a_text_are_refused(with_part):
    cls = {"SpecialToken": {"id": "[CLS]", "type_id": 0}}
    template = {
        "type": "TemplateProcessing",
        "single": [*[cls] * 5000, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [],
        "special_tokens": {"[CLS]": {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}},
    }
    with pytest.raises(BadModel, match=r"puts 5,000 special tokens around a text"):
        load(with_part(post_processor=template))


@pytest.mark.parametrize("texts", ["", "AA", "B", "AB"])
def test_a_text_must_stand_once_between_its_special_tokens(with_part, texts):
    parts = [{"Sequence": {"id": each, "type_id": 0}} for each in texts]
    template = {"type": "TemplateProcessing", "single": parts, "pair": [], "special_tokens": {}}
    with pytest.raises(BadModel):
        load(with_part(post_processor=template))


def test_added_tokens_have_a_limit(with_part, monkeypatch):
    monkeypatch.setattr("isomorph.preprocess.tokenizer_limits.ADDED_TOKENS", 3)
    with pytest.raises(BadModel, match="more than 3 added tokens"):
        load(with_part())


def test_words_that_are_looked_at_have_a_limit(folder, with_part):
    model = json.loads((folder / "tokenizer.json").read_text("utf-8"))["model"]
    with pytest.raises(BadModel, match="looks at words of"):
        load(with_part(model={**model, "max_input_chars_per_word": 10**9}))


PANICS = {
    "an empty map": {"normalizer": {"type": "Precompiled", "precompiled_charsmap": ""}},
    "a map of nothing": {
        "normalizer": {"type": "Precompiled", "precompiled_charsmap": "CAAAAGFiY2RlZmdo"}
    },
    "a length of zero": {"pre_tokenizer": {"type": "FixedLength", "length": 0}},
    "an unknown special token": {
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": {"id": "X", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
            ],
            "pair": [],
            "special_tokens": {},
        }
    },
    "an expression that is given up": {"normalizer": replace("(?:a?){30}a{30}", "x", "Regex")},
    "padding without end": {
        "padding": {
            "strategy": {"Fixed": 10**12},
            "direction": "Right",
            "pad_to_multiple_of": None,
            "pad_id": 0,
            "pad_type_id": 0,
            "pad_token": "x",
        }
    },
}


@pytest.mark.parametrize("name", PANICS)
def test_a_panic_of_the_library_is_ours(with_part, name):
    with suppress(IsomorphError):
        load(with_part(**PANICS[name])).encode(TEXTS, 16)


MODELS = [
    {"type": "WordPiece", "vocab": {"a": 0}, "unk_token": "[UNK]"},
    {"type": "WordPiece", "vocab": {}, "unk_token": "[UNK]"},
    {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "[UNK]"},
    {"type": "WordLevel", "vocab": {"a": 1 << 33}, "unk_token": "a"},
    {"type": "WordLevel", "vocab": {"a": -1}, "unk_token": "a"},
    {"type": "Unigram", "vocab": [], "unk_id": None},
    {"type": "Unigram", "vocab": [["a", 0.0]], "unk_id": None},
    {"type": "Unigram", "vocab": [["a", 0.0]], "unk_id": 7},
    {"type": "Unigram", "vocab": [["a", 1e308], ["a", -1e308], ["", 0]], "unk_id": 0},
    {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]},
    {"type": "BPE", "vocab": {"a": 0}, "merges": ["a"]},
    {"type": "BPE", "vocab": {"a": 0, "b": 0}, "merges": []},
    {"type": "Other"},
    {},
    [],
    None,
    7,
]


@pytest.mark.parametrize("number", range(len(MODELS)))
def test_odd_vocabularies_give_ids_or_an_error_of_ours(with_part, number):
    with suppress(IsomorphError):
        load(with_part(model=MODELS[number], added_tokens=[], post_processor=None)).encode(
            TEXTS, 16
        )


FILES = [
    "tokenizer.json",
    "tokenizer_config.json",
    "config.json",
    "special_tokens_map.json",
    "added_tokens.json",
]
CONTENTS = [
    b"", b"{", b"null", b"[]", b"7", b'"x"', b"{}", b"\xff\xfe{}", b"[" * 100_000, b'{"a":' * 50_000,
    b'{"added_tokens": 3}', b'{"model_type": 3}', b'{"tokenizer_class": {}}', b"1" * 10_000, b"NaN",
]  # fmt: skip


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("number", range(len(CONTENTS)))
def test_odd_files_give_ids_or_an_error_of_ours(folder, name, number):
    (folder / name).write_bytes(CONTENTS[number])
    with suppress(IsomorphError):
        load(folder).encode(TEXTS, 16)


@pytest.mark.parametrize(
    "name", ["vocab.txt", "vocab.json", "merges.txt", "sentencepiece.bpe.model", "spiece.model"]
)
@pytest.mark.parametrize("seed", range(8))
def test_damaged_vocabularies_give_ids_or_an_error_of_ours(name, seed, copied):
    chance = random.Random(seed)
    file = copied(name)
    content = bytearray(file.read_bytes())
    for _ in range(chance.randrange(1, 40)):
        content[chance.randrange(len(content))] = chance.randrange(256)
    file.write_bytes(content[: chance.choice([len(content), chance.randrange(len(content))])])
    with suppress(IsomorphError):
        load(file.parent).encode(TEXTS, 16)


def test_an_interrupt_stays_one(folder, monkeypatch):
    encoder = load(folder)

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(encoder._pieces, "tokens", interrupted)
    with pytest.raises(KeyboardInterrupt):
        encoder.encode(["the"], 8)


@pytest.mark.parametrize(
    "data", [b"\x0a", b"\x0a\xff", b"\x08" + b"\xff" * 20, b"\x0b\x00", b"\x09abc"]
)
def test_a_message_is_never_read_past_its_end(data):
    with pytest.raises(BadModel):
        list(fields(data))
