"""Sentencepiece files alone: what is read of them, what is refused, and what a damaged one does."""

from __future__ import annotations

import json
import random
import shutil
import struct
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from isomorph.errors import BadModel, IsomorphError, SettingIgnored, Unsupported
from isomorph.files.folder import Folder
from isomorph.files.names import TOKENIZER_FILES
from isomorph.preprocess.text import Text
from isomorph.preprocess.tokenize import TextEncoder
from isomorph.preprocess.vocabulary.recipes import RECIPES, recipe_named
from isomorph.preprocess.vocabulary.sentencepiece import read_pieces

PARITY = Path(__file__).resolve().parents[2] / "parity"
RECORDED = PARITY / "tokenizers"
FILES = {
    "llama": "tokenizer.model",
    "gemma": "tokenizer.model",
    "mbart": "sentencepiece.bpe.model",
    "mbart50": "sentencepiece.bpe.model",
    "rembert": "sentencepiece.model",
    "big-bird": "spiece.model",
}
MUTATIONS = 2000
FIELDS = {"prefix": b"\x18", "strip": b"\x20", "escape": b"\x28"}


def copy(place, name):
    return Path(shutil.copytree(RECORDED / name, place / name))


def load(folder):
    return TextEncoder(Text(folder=Folder(folder)))


def ids(folder, text="the river"):
    return load(folder).encode([text], None).ids[0].tolist()


def cleaned(folder, name, **flags):
    """Adds a message of the normaliser behind those that are there: the last word on a flag counts."""
    spelt = b"".join(FIELDS[key] + bytes([value]) for key, value in flags.items())
    file = folder / FILES[name]
    file.write_bytes(file.read_bytes() + b"\x1a" + bytes([len(spelt)]) + spelt)


def trained(folder, name, field, value):
    spelt = bytes([field << 3 & 127 | 128, field >> 4]) if field > 15 else bytes([field << 3])
    file, message = folder / FILES[name], spelt + bytes([value])
    file.write_bytes(file.read_bytes() + b"\x12" + bytes([len(message)]) + message)


def test_the_files_of_every_class_are_known_to_all_who_look_for_them():
    assert {name for kind in RECIPES for name in recipe_named(kind).files} <= set(TOKENIZER_FILES)


@pytest.mark.parametrize("name", ["llama", "big-bird", "mbart"])
def test_what_a_class_does_not_follow_is_told(tmp_path, name):
    folder = copy(tmp_path, name)
    file = folder / FILES[name]
    file.write_bytes(file.read_bytes() + b"\x1a\x06\x12\x04abcd")
    with pytest.warns(SettingIgnored, match="a map of characters"):
        found = ids(folder)
    assert found == ids(RECORDED / name)


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("llama", {"strip": 1}),
        ("llama", {"prefix": 0}),
        ("gemma", {"strip": 1}),
        ("gemma", {"prefix": 1}),
    ],
)
def test_spaces_that_the_file_would_treat_otherwise_are_told(tmp_path, name, flags):
    folder = copy(tmp_path, name)
    cleaned(folder, name, **flags)
    with pytest.warns(SettingIgnored, match="ignores that in transformers"):
        ids(folder)


@pytest.mark.parametrize(
    ("name", "flags"),
    [
        ("llama", {"escape": 0}),
        ("mbart", {"prefix": 0}),
        ("rembert", {"strip": 0}),
        ("big-bird", {"escape": 0}),
    ],
)
def test_a_file_that_cleans_texts_otherwise_is_refused(tmp_path, name, flags):
    folder = copy(tmp_path, name)
    cleaned(folder, name, **flags)
    with pytest.raises(Unsupported, match=FILES[name]):
        ids(folder)


@pytest.mark.parametrize("algorithm", [1, 3, 4])
def test_llama_needs_byte_pairs(tmp_path, algorithm):
    folder = copy(tmp_path, "llama")
    trained(folder, "llama", 3, algorithm)
    with pytest.raises(Unsupported, match=f"a model of type {algorithm}"):
        ids(folder)


@pytest.mark.parametrize("algorithm", [0, 5, 99])
def test_an_algorithm_that_no_file_has_is_refused(tmp_path, algorithm):
    folder = copy(tmp_path, "llama")
    trained(folder, "llama", 3, algorithm)
    with pytest.raises(BadModel, match="algorithm"):
        ids(folder)


def test_pieces_that_are_too_long_together_are_refused(tmp_path):
    folder = copy(tmp_path, "llama")
    piece = b"\x0a\x80\x80\x02" + b"a" * (1 << 15)
    file = folder / FILES["llama"]
    file.write_bytes(file.read_bytes() + b"\x0a\x84\x80\x02" + piece)
    with pytest.raises(BadModel, match="too long together"):
        ids(folder)


@pytest.mark.parametrize("language", ["xx_YY", 3])
def test_a_language_that_is_not_there_is_refused(tmp_path, language):
    folder = copy(tmp_path, "mbart50")
    settings = {"tokenizer_class": "MBart50Tokenizer", "src_lang": language}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    with pytest.raises(BadModel, match="src_lang"):
        ids(folder)


def mutated(data, chance):
    """A file with a few bytes changed, taken out, put in, or a length made another."""
    made = bytearray(data)
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(made))
        what = chance.randrange(5)
        if what == 0:
            made[at] ^= 1 << chance.randrange(8)
        elif what == 1:
            del made[at : at + chance.randrange(1, 40)]
        elif what == 2:
            made[at:at] = chance.randbytes(chance.randrange(1, 12))
        elif what == 3:
            made[at : at + 4] = struct.pack(
                "<f", chance.choice([float("nan"), float("inf"), 3e38, -0.0])
            )
        else:
            made[at] = chance.choice([0, 127, 128, 255])
        if not made:
            break
    return bytes(made[: chance.randrange(len(made) + 1)] if chance.random() < 0.1 else made)


MODELS = sorted({file.parent.name: file for file in PARITY.glob("*/*/*.model")}.items())
OTHERS = [
    RECORDED / place
    for place in (
        "phobert/vocab.txt",
        "phobert/bpe.codes",
        "clip/merges.txt",
        "clip/vocab.json",
        "japanese/vocab.txt",
    )
]


def damaged(folder, file, times):
    """How many of so many damaged forms of a file are refused; the others are read."""
    whole, refused, chance = (
        file.read_bytes(),
        0,
        random.Random(str(file.relative_to(folder.parent))),
    )
    for _ in range(times):
        file.write_bytes(mutated(whole, chance))
        try:
            ids(folder, "the <s> river\u00e9 \U0001f600")
        except IsomorphError as error:
            refused += isinstance(error, BadModel)
    return refused


@pytest.mark.filterwarnings("ignore::isomorph.errors.SettingIgnored")
@pytest.mark.parametrize(("name", "source"), MODELS)
def test_two_thousand_damaged_files_raise_errors_of_ours_or_are_read(tmp_path, name, source):
    folder = Path(shutil.copytree(source.parent, tmp_path / name))
    assert damaged(folder, folder / source.name, MUTATIONS // len(MODELS) + 1) > 20


@pytest.mark.parametrize("source", OTHERS, ids=lambda file: f"{file.parent.name}-{file.name}")
def test_damaged_vocabularies_raise_errors_of_ours_or_are_read(tmp_path, source):
    folder = Path(shutil.copytree(source.parent, tmp_path / source.parent.name))
    damaged(folder, folder / source.name, 100)


LLAMA = load(RECORDED / "llama")
PIECES = read_pieces(Folder(RECORDED / "llama"), FILES["llama"])


def joined(text):
    """Sentencepiece's own way: of all neighbours the pair whose joint piece comes first is joined."""
    order = {piece: index for index, (piece, _) in enumerate(PIECES.pieces)}
    parts = list(text)
    while True:
        there = [(order[a + b], at) for at, (a, b) in enumerate(pairwise(parts)) if a + b in order]
        if not there:
            return [index for part in parts for index in _bytes_of(part, order)]
        _, at = min(there)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]


def _bytes_of(part, order):
    return [order[part]] if part in order else [order[f"<0x{byte:02X}>"] for byte in part.encode()]


@given(
    st.text(
        st.one_of(st.sampled_from("the riverand sol"), st.characters(codec="utf-8")), max_size=30
    )
)
def test_pairs_are_joined_in_the_order_of_the_pieces_they_make(text):
    spelt = text.replace(" ", "▁")
    spelt = spelt if spelt.startswith("▁") or not spelt else f"▁{spelt}"
    assume(not any(special in text for special in ("<s>", "</s>", "<unk>")))
    assert LLAMA.encode([text], None).ids[0].tolist() == joined(spelt)


@pytest.mark.parametrize("model_type", ["mistral", "phi3", "oddity"])
def test_the_class_that_is_named_counts_whatever_the_kind_of_model(tmp_path, model_type):
    folder = copy(tmp_path, "llama-ends")
    (folder / "config.json").write_text(json.dumps({"model_type": model_type}), "utf-8")
    assert ids(folder) == ids(RECORDED / "llama-ends")


@pytest.mark.parametrize("asked", [(True, False), (False, True), (True, True), (False, False)])
def test_the_user_decides_about_begin_and_end_tokens(asked):
    text = Text(folder=Folder(RECORDED / "llama"), add_bos_token=asked[0], add_eos_token=asked[1])
    row = TextEncoder(text).encode(["the river"], None).ids[0].tolist()
    assert (row[0] == 1, row[-1] == 2) == asked


@pytest.mark.parametrize("kind", [["bert"], {"bert": 1}, 3, True])
@pytest.mark.parametrize("key", ["model_type", "tokenizer_class"])
def test_a_kind_that_is_no_text_is_refused(tmp_path, key, kind):
    folder = copy(tmp_path, "llama")
    (folder / "config.json").write_text(json.dumps({"model_type": "llama", key: kind}), "utf-8")
    with pytest.raises(BadModel, match=key):
        ids(folder)
