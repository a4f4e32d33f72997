"""Tokenizers whose splits are made in Python: bytes, segmented words, and Japanese behind MeCab."""

from __future__ import annotations

import json
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isomorph import SentenceTransformer
from isomorph.errors import BadModel, ModelNotFound, Unsupported
from isomorph.files.folder import Folder
from isomorph.preprocess import pieces
from isomorph.preprocess.forked import encode
from isomorph.preprocess.text import Text
from isomorph.preprocess.tokenize import TextEncoder
from isomorph.preprocess.vocabulary.best_path import BestPath
from isomorph.preprocess.vocabulary.charsmap import CharacterMap
from isomorph.preprocess.vocabulary.mecab import AT_ONCE, parts
from isomorph.preprocess.vocabulary.segmented import Segments
from isomorph.preprocess.vocabulary.sentencepiece import read_unigram

RECORDED = Path(__file__).resolve().parents[2] / "parity" / "tokenizers"
MECAB = {"mecab_dic": "ipadic"}
JAPANESE = {
    "tokenizer_class": "BertJapaneseTokenizer",
    "word_tokenizer_type": "mecab",
    "mecab_kwargs": MECAB,
}
SUDACHI = {"word_tokenizer_type": "sudachi"}
TEXT = "東京都に住んでいます。"


def copy(place, name, **settings):
    folder = Path(shutil.copytree(RECORDED / name, place / name))
    if settings:
        (folder / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    return folder


def load(folder):
    return TextEncoder(Text(folder=Folder(folder)))


def ids(folder, *texts):
    return [row.tolist() for row in load(folder).encode(texts, None).ids]


BYTES = load(RECORDED / "byt5")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="<"), max_size=40))
def test_bytes_are_tokens_and_the_end_token_is_added(text):
    (row,) = BYTES.encode([text], None).ids
    assert row.tolist() == [byte + 3 for byte in text.encode()] + [1]


def test_sentinels_follow_the_bytes_and_their_number_is_a_setting(tmp_path):
    assert ids(RECORDED / "byt5", "<extra_id_0><extra_id_124>") == [[259, 383, 1]]
    folder = copy(tmp_path, "byt5", tokenizer_class="ByT5Tokenizer", extra_ids=2)
    assert ids(folder, "<extra_id_1>") == [[260, 1]]
    assert len(ids(folder, "<extra_id_2>")[0]) > 2


PAIRS = [("a", "b"), ("ab", "a</w>"), ("b", "b"), ("bb", "a</w>"), ("c", "c</w>"), ("a", "a")]


def joined(word):
    """The plain algorithm of Sennrich et al. 2016: join the first pair of the list, until none is there."""
    parts = [*word[:-1], f"{word[-1]}</w>"]
    for _ in word:
        there = [pair for pair in PAIRS if pair in set(pairwise(parts))]
        if not there:
            break
        pair, at = there[0], 0
        while at + 1 < len(parts):
            if (parts[at], parts[at + 1]) == pair:
                parts[at : at + 2] = ["".join(pair)]
            at += 1
    parts[-1] = parts[-1].removesuffix("</w>")
    return [*(f"{part}@@" for part in parts[:-1]), parts[-1]]


SEGMENTS = Segments(PAIRS)


@given(st.lists(st.text("abcdé</w>😀", min_size=1, max_size=12), max_size=4))
def test_words_are_cut_where_no_pair_joins_their_parts(words):
    wanted = [part for word in words for part in joined(word)]
    assert list(SEGMENTS(" ".join(words))) == wanted


SCORED = [
    ("▁", -2.0),
    ("a", -1.5),
    ("b", -1.5),
    ("ab", -2.5),
    ("aa", -3.0),
    ("aab", -4.5),
    ("c", -9.0),
]


def ways(text):
    """All ways to split a text into pieces or single characters, with the sum of their scores."""
    scores = dict(SCORED)
    if not text:
        yield [], 0.0
    for end in range(1, len(text) + 1):
        score = scores.get(text[:end], -19.0 if end == 1 else None)
        if score is not None:
            yield from (([text[:end], *rest], score + more) for rest, more in ways(text[end:]))


@given(st.text("▁abcdx", max_size=9))
def test_the_best_path_is_the_best_of_all(text):
    scores, found = dict(SCORED), list(BestPath(SCORED).split(text))
    assert "".join(found) == text
    total = sum(scores.get(piece, -19.0 * len(piece)) for piece in found)
    assert total == pytest.approx(max(score for _, score in ways(text)))
    unknown = [piece not in scores for piece in found]
    assert not any(a and b for a, b in pairwise(unknown)), (
        "neighbours without a piece come together"
    )


def test_of_equal_paths_the_one_whose_last_piece_is_longest_counts():
    assert list(BestPath([("0", -3.0), ("00", -3.0)]).split("000")) == ["0", "00"]


def test_the_map_of_characters_replaces_its_entries():
    found = CharacterMap(read_unigram(Folder(RECORDED / "siglip"), "spiece.model").map)
    assert list(found.chunks("aﬁ①Ａ\té😀")) == ["a", "fi", "1", "A", " ", "é", "😀"]
    assert list(CharacterMap(b"").chunks("aé")) == ["a", "é"]


@pytest.mark.parametrize("data", [b"a", b"\xff\0\0\0", b"\x03\0\0\0abc", b"\0\0\0\0" + b"a" * 1000])
def test_what_is_no_map_of_characters_is_refused(data):
    with pytest.raises(BadModel, match="map of characters"):
        CharacterMap(data)


@given(st.binary(max_size=200), st.text(max_size=10))
def test_a_map_of_any_bytes_is_refused_or_read(data, text):
    with suppress(BadModel):
        found = CharacterMap((len(data) & ~3).to_bytes(4, "little") + data)
        assert len("".join(found.chunks(text))) <= 200 * len(text)


def test_a_piece_that_is_too_long_is_refused():
    with pytest.raises(BadModel, match="piece of 300 characters"):
        BestPath([("a" * 300, -1.0)])


@pytest.mark.parametrize(
    ("file", "line"),
    [("vocab.txt", "alone"), ("vocab.txt", "<s> 5"), ("bpe.codes", "a b"), ("bpe.codes", "a")],
)
def test_lines_that_are_none_of_these_files_are_refused(tmp_path, file, line):
    folder = copy(tmp_path, "phobert")
    with (folder / file).open("a", encoding="utf-8") as stream:
        stream.write(f"{line}\n")
    with pytest.raises(BadModel, match=f"Line .* of {file}"):
        ids(folder, "a")


@pytest.mark.parametrize("name", ["luke", "mluke"])
def test_names_of_entities_are_no_tokens_of_texts(tmp_path, name):
    texts = ("the [MASK] river", "a <ent> b <mask>")
    names = {"entity_mask_token": "[MASK]", "entity_unk_token": "[UNK]"}
    classes = {"luke": "LukeTokenizer", "mluke": "MLukeTokenizer"}
    folder = copy(tmp_path, name, tokenizer_class=classes[name], **names)
    assert ids(folder, *texts) == ids(RECORDED / name, *texts)


@pytest.mark.parametrize("name", ["phobert", "japanese"])
def test_a_vocabulary_that_is_not_there_is_named(tmp_path, name):
    folder = copy(tmp_path, name)
    (folder / "vocab.txt").unlink()
    with pytest.raises(ModelNotFound, match=r"does not hold vocab\.txt"):
        ids(folder, "a")


@pytest.mark.parametrize("name", ["byt5", "phobert", "japanese"])
def test_a_file_that_the_class_does_not_read_is_passed_over(tmp_path, name):
    folder = copy(tmp_path, name)
    (folder / "tokenizer.json").write_text("{}", "utf-8")
    assert ids(folder, TEXT) == ids(RECORDED / name, TEXT)


@pytest.mark.parametrize("name", ["byt5", "phobert", "japanese", "japanese-characters"])
def test_threads_do_not_disturb_each_other(name):
    encoder = load(RECORDED / name)
    texts = [f"{TEXT} {number} 猫は静か the river" for number in range(64)]
    wanted = [encoder.encode([text], None).ids[0].tolist() for text in texts]
    with ThreadPoolExecutor(8) as crew:
        found = crew.map(lambda _: [r.tolist() for r in encoder.encode(texts, None).ids], range(16))
        assert all(rows == wanted for rows in found)


@pytest.mark.parametrize("name", ["byt5", "phobert", "japanese"])
def test_a_long_text_has_the_ids_of_its_words(name):
    encoder = load(RECORDED / name)
    word, many = (encoder.encode([text], None).ids[0].tolist() for text in ("川 ", "川 " * 50_000))
    inner = slice(0 if name == "byt5" else 1, -1)
    assert many[inner] == word[inner] * 50_000
    cut = encoder.encode(["川 " * 50_000], 16).ids[0].tolist()
    assert cut == [*many[:15], many[-1]]


@pytest.mark.parametrize(
    "name",
    [
        *("phobert", "bertweet", "japanese", "japanese-characters", "mluke", "siglip"),
        *("marian", "marian-pairs", "m2m-100", "m2m-100-pairs"),
    ],
)
@pytest.mark.parametrize("extra", ["", " [MASK] <unk> </s>", "①② Ａ ﬁ \n\n  "])
def test_of_a_long_text_no_more_is_split_than_is_kept(name, extra, monkeypatch):
    """Its first ids are those of the whole, and what is split does not grow with it."""
    encoder = load(RECORDED / name)
    text = (TEXT + " the river and sinh viên 猫は静か。すもももももももものうち " + extra) * 400
    whole = encoder.encode([text], None).ids[0].tolist()
    read = []
    monkeypatch.setattr(
        pieces, "encode", lambda by, texts: read.extend(map(len, texts)) or encode(by, texts)
    )
    for most in (16, 300):
        cut = encoder.encode([text], most)
        assert cut.ids[0].tolist() == [*whole[: most - 1], whole[-1]]
        assert cut.lengths[0] == most
    if not extra.startswith(" ["):
        assert max(read) < len(text) // 2


@given(st.text("あい。 \n", max_size=60), st.integers(2, 20))
def test_parts_of_a_text_are_all_of_it_and_end_where_sentences_end(text, most):
    found = list(parts(text, most))
    assert "".join(found) == text
    assert all(len(part) <= most for part in found)
    assert all(part[-1] in "。 \n" for part in found[:-1] if set(part[most // 2 :]) & set("。 \n"))


@pytest.mark.parametrize("text", ["\U0001f600", "あ", "東京都に住んでいます。", "a"])
def test_mecab_survives_a_giant_and_its_first_words_stay(text):
    encoder = load(RECORDED / "japanese-characters")
    giant, short = (text * (size // len(text)) for size in (20 * AT_ONCE, AT_ONCE))
    assert (
        encoder.encode([giant], 512).ids[0].tolist() == encoder.encode([short], 512).ids[0].tolist()
    )


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({**SUDACHI, "sudachi_kwargs": {"sudachi_resource_dir": "/etc"}}, "sudachi_resource_dir"),
        ({**SUDACHI, "sudachi_kwargs": {"sudachi_projection": "reading"}}, "sudachi_projection"),
        ({**SUDACHI, "sudachi_kwargs": {"user": "x"}}, "user of Sudachi"),
        ({"word_tokenizer_type": "jumanpp"}, "jumanpp"),
        ({"word_tokenizer_type": None}, "basic"),
        ({"subword_tokenizer_type": "sentencepiece"}, "sentencepiece"),
        ({"do_word_tokenize": False}, "do_word_tokenize"),
        ({"do_subword_tokenize": False}, "do_subword_tokenize"),
        ({"mecab_kwargs": {**MECAB, "mecab_option": "-o out"}}, "mecab_option"),
        ({"mecab_kwargs": {**MECAB, "user": "x"}}, "user"),
        ({"mecab_kwargs": {"mecab_dic": "/etc"}}, "/etc"),
        ({"mecab_kwargs": {"mecab_dic": None}}, "None"),
    ],
)
def test_what_is_not_done_to_japanese_is_refused_when_the_folder_is_read(
    folder, edit, settings, word
):
    edit("tokenizer_config.json", **{**JAPANESE, **settings})
    with pytest.raises(Unsupported, match=word):
        SentenceTransformer(folder, backend="reference")


@pytest.mark.parametrize(
    "settings",
    [
        {"word_tokenizer_type": "other"},
        {"subword_tokenizer_type": 3},
        {"mecab_kwargs": "ipadic"},
        {"mecab_kwargs": {"mecab_dic": 3}},
        {"mecab_kwargs": {**MECAB, "normalize_text": "no"}},
        {**SUDACHI, "sudachi_kwargs": {"sudachi_split_mode": "D"}},
        {"never_split": "a"},
    ],
)
def test_settings_of_japanese_of_wrong_kinds_are_refused(folder, edit, settings):
    edit("tokenizer_config.json", **{**JAPANESE, **settings})
    with pytest.raises(BadModel):
        SentenceTransformer(folder, backend="reference")


@pytest.mark.parametrize(
    ("module", "dictionary", "command"),
    [
        ("fugashi", "ipadic", r"isomorph-core\[japanese\]|core\[japanese\]"),
        ("ipadic", "ipadic", r"isomorph-core\[japanese\]|core\[japanese\]"),
        ("unidic_lite", "unidic_lite", "pip install unidic-lite"),
    ],
)
def test_a_library_that_is_not_there_is_named_with_the_command(
    tmp_path, monkeypatch, module, dictionary, command
):
    monkeypatch.setitem(sys.modules, module, None)
    asked = {**JAPANESE, "mecab_kwargs": {"mecab_dic": dictionary}}
    with pytest.raises(Unsupported, match=command):
        ids(copy(tmp_path, "japanese", **asked), TEXT)


@pytest.mark.parametrize("module", ["sudachipy", "sudachidict_core"])
def test_without_sudachi_its_extra_is_named(tmp_path, monkeypatch, module):
    monkeypatch.setitem(sys.modules, "sudachipy", SimpleNamespace())
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(Unsupported, match=rf"by Sudachi with {module}.*japanese-sudachi"):
        ids(copy(tmp_path, "japanese", **{**JAPANESE, **SUDACHI}), TEXT)


def test_sudachi_finds_words_as_it_is_asked_to(tmp_path, monkeypatch):
    """Its words with their spaces, of which those that are trimmed away leave nothing."""
    asked = []

    class Dictionary:
        def __init__(self, *, dict):  # noqa: A002
            asked.append(dict)

        def create(self, mode):
            asked.append(mode)
            return self

        def tokenize(self, text):
            return [SimpleNamespace(surface=lambda part=part: part) for part in text.split("|")]

    modes = SimpleNamespace(A="short", C="long")
    library = SimpleNamespace(SplitMode=modes, Dictionary=Dictionary)
    monkeypatch.setitem(sys.modules, "sudachipy", library)
    monkeypatch.setitem(sys.modules, "sudachidict_full", SimpleNamespace())
    own = {"sudachi_split_mode": "C", "sudachi_dict_type": "full", "trim_whitespace": True}
    settings = {**JAPANESE, **SUDACHI, "sudachi_kwargs": own, "subword_tokenizer_type": "character"}
    folder = copy(tmp_path, "japanese-characters", **settings)
    plain = ids(RECORDED / "japanese-characters", "東京住")
    assert ids(folder, "東京| |住 ") == plain
    assert asked == ["full", "long"]


def test_a_vocabulary_without_the_unknown_token_is_refused(tmp_path):
    folder = copy(tmp_path, "japanese")
    (folder / "vocab.txt").write_text("[CLS]\n[SEP]\na\n", "utf-8")
    with pytest.raises(BadModel, match="unk_token"):
        ids(folder, TEXT)
