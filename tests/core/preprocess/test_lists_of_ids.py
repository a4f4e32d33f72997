"""Vocabularies with a list of ids: Marian's and M2M-100's beside their pieces, and ESM's."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isomorph.errors import BadModel, ModelNotFound
from isomorph.files.folder import Folder
from isomorph.preprocess.text import Text
from isomorph.preprocess.tokenize import TextEncoder
from isomorph.preprocess.vocabulary.joined_pairs import JoinedPairs

RECORDED = Path(__file__).parents[2] / "parity" / "tokenizers"


def ids(folder, *texts):
    encoder = TextEncoder(Text(folder=Folder(folder)))
    return [row.tolist() for row in encoder.encode(list(texts), None).ids]


def copy(place, name, **settings):
    folder = place / name
    shutil.copytree(RECORDED / name, folder)
    file = folder / "tokenizer_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), **settings}), "utf-8")
    return folder


def test_a_text_may_name_the_language_it_is_translated_to():
    known = json.loads((RECORDED / "marian" / "vocab.json").read_text("utf-8"))
    plain, german, odd, open_ended = ids(
        RECORDED / "marian", "the river", ">>de<<the river", ">>xx yy<<the river", ">>de the"
    )
    assert german == [known[">>de<<"], *plain]
    assert odd == [known["<unk>"], *plain]
    assert open_ended[0] != known[">>de<<"]


def test_a_name_of_a_language_is_not_cut_where_little_of_a_text_is_kept():
    encoder = TextEncoder(Text(folder=Folder(RECORDED / "marian")))
    text = ">>" + "a " * 500 + "<<" + "the river ran " * 400
    whole = encoder.encode([text], None).ids[0].tolist()
    cut = encoder.encode([text], 8).ids[0].tolist()
    assert cut == [*whole[:7], whole[-1]]


@pytest.mark.parametrize(("language", "place"), [(None, 18), ("af", 0), ("zu", 99)])
def test_the_language_stands_before_a_text(tmp_path, language, place):
    folder = copy(tmp_path, "m2m-100", src_lang=language)
    known = json.loads((folder / "vocab.json").read_text("utf-8"))
    assert [row[0] - len(known) for row in ids(folder, "the river", "")] == [place] * 2


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"src_lang": "xx"}, "src_lang = 'xx'"),
        ({"language_codes": "other"}, "language_codes = 'other'"),
        ({"unk_token": "<none>"}, "lacks <none>"),
    ],
)
def test_settings_that_name_nothing_are_refused(tmp_path, settings, said):
    folder = copy(tmp_path, "m2m-100", **settings)
    with pytest.raises(BadModel, match=said):
        ids(folder, "a")


def test_the_languages_of_the_second_release_are_fewer(tmp_path):
    folder = copy(tmp_path, "m2m-100", language_codes="wmt21", src_lang="de")
    known = json.loads((folder / "vocab.json").read_text("utf-8"))
    assert ids(folder, "a")[0][0] == len(known) + 7


@pytest.mark.parametrize(
    ("name", "file"),
    [("marian", "source.spm"), ("m2m-100", "vocab.json"), ("esm", "vocab.txt")],
)
def test_a_file_that_is_not_there_is_named(tmp_path, name, file):
    folder = copy(tmp_path, name)
    (folder / file).unlink()
    with pytest.raises(ModelNotFound, match=f"does not hold {file}"):
        ids(folder, "a")


def test_proteins_are_read_with_spaces_and_without():
    apart, together, other = ids(RECORDED / "esm", "M K T A", "MKTA", "M lower A")
    assert apart == together
    names = (RECORDED / "esm" / "vocab.txt").read_text("utf-8").split("\n")
    assert [names[i] for i in other] == ["<cls>", "M", "<unk>", "A", "<eos>"]


def test_a_list_without_the_unknown_token_is_refused(tmp_path):
    folder = copy(tmp_path, "esm")
    file = folder / "vocab.txt"
    file.write_text(file.read_text("utf-8").replace("<unk>", "<other>"), "utf-8")
    with pytest.raises(BadModel, match=r"vocab\.txt .* lacks <unk>"):
        ids(folder, "a")


PIECES = [("ab", -1.0), ("aa", -2.0), ("abc", -3.0), ("aaa", -3.0), ("bc", -4.0), ("a", -5.0)]
PIECES += [("b", -6.0), ("c", -7.0), ("caa", -3.0), ("▁a", -0.5)]


def one_by_one(text):
    """Of all neighbours that make a piece the best are joined, the first of them, again and again."""
    scores, parts = dict(PIECES), list(text)
    while True:
        found = [
            (-scores[parts[at] + parts[at + 1]], at)
            for at in range(len(parts) - 1)
            if parts[at] + parts[at + 1] in scores
        ]
        if not found:
            break
        at = min(found)[1]
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    joined = []
    for part in parts:
        if joined and part not in scores and joined[-1] not in scores:
            joined[-1] += part
        else:
            joined.append(part)
    return joined


@given(st.text("abcx▁", max_size=30))
def test_pairs_are_joined_as_if_one_by_one(text):
    assert list(JoinedPairs(PIECES).split(text)) == one_by_one(text)


def test_a_piece_that_is_too_long_is_refused():
    with pytest.raises(BadModel, match="piece of 300 characters"):
        JoinedPairs([("a" * 300, -1.0)])
