from __future__ import annotations

from functools import cache

import pytest
from core.preprocess.tokenizers_of_all_kinds import CORPUS, SAFE, UNKNOWN, UNSAFE
from hypothesis import given
from hypothesis import strategies as st

from isomorph.preprocess.pieces import Pieces, _together, pieces
from isomorph.preprocess.seams import SEAM, seams_are_safe

SCRAPS = (
    *(" ".join(CORPUS)).split(" "),
    *(
        " ",
        " ",
        " ",
        "  ",
        "   ",
        "\n",
        "\t",
        "\r\n",
        "\N{NO-BREAK SPACE}",
        "\N{IDEOGRAPHIC SPACE}",
    ),
    *(
        "'s",
        "'S",
        "``",
        "▁",
        "▁a",
        "Ġ",
        "e\N{COMBINING ACUTE ACCENT}",
        "\N{COMBINING ACUTE ACCENT}",
    ),
    *("мир", "как", "дела", "й", "κόσμε", "가나", "각", "שלום", "عربي", "हिंदी", "ไทย", "ﷺ"),
    *("[CLS]", "<mask>", "[UNK]", "\0", "\N{ZERO WIDTH JOINER}", "Σ", "ſ", "12", "3", "🎈", "İ"),
)
TEXTS = st.lists(st.sampled_from(SCRAPS) | st.text(max_size=3), max_size=40).map("".join)
WORDY = st.lists(st.sampled_from(SCRAPS), max_size=40).map(" ".join)


@cache
def made(name):
    return SAFE[name]()


def ids(tokenizer, text):
    return tokenizer.encode(text, add_special_tokens=False).ids


@pytest.mark.parametrize("name", SAFE)
@given(text=TEXTS | WORDY, size=st.integers(1, 30))
def test_the_parts_of_a_text_have_the_ids_of_the_whole(name, text, size):
    tokenizer = made(name)
    parts = list(pieces(text, size))
    assert "".join(parts) == text
    assert [each for part in parts for each in ids(tokenizer, part)] == ids(tokenizer, text)


@pytest.mark.parametrize("name", SAFE)
def test_it_is_known(name):
    assert seams_are_safe(made(name))


@pytest.mark.parametrize("name", UNSAFE)
def test_what_would_change_is_not_cut(name):
    make, text = UNSAFE[name]
    tokenizer = make()
    assert not seams_are_safe(tokenizer)
    seam = SEAM.search(text).start()
    apart = ids(tokenizer, text[:seam]) + ids(tokenizer, text[seam:])
    assert apart != ids(tokenizer, text)


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_known_is_not_cut(name):
    assert not seams_are_safe(UNKNOWN[name]())


@given(TEXTS | WORDY, st.integers(1, 30))
def test_pieces_end_at_the_first_seam_after_their_size(text, size):
    seams = [seam.start() for seam in SEAM.finditer(text)]
    start = 0
    for part in list(pieces(text, size))[:-1]:
        end = start + len(part)
        assert end == min(seam for seam in seams if seam >= start + size and seam > start)
        start = end


@given(st.lists(TEXTS, max_size=20), st.integers(0, 60))
def test_groups_are_bounded_and_in_order(texts, most):
    groups = list(_together(enumerate(texts), most))
    assert [pair for group in groups for pair in zip(*group, strict=True)] == list(enumerate(texts))
    assert all(len(some) == 1 or sum(map(len, some)) <= most for _, some in groups)


@pytest.mark.parametrize("name", ["bert", "gpt-2", "xlm-r"])
@given(
    texts=st.lists(WORDY, max_size=5),
    most=st.none() | st.integers(0, 12),
    last=st.booleans(),
    size=st.integers(1, 30),
)
def test_kept_ids_and_counts_are_those_of_whole_texts(name, texts, most, last, size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("isomorph.preprocess.pieces.PIECE", size)
        patch.setattr("isomorph.preprocess.pieces.pieces", lambda text: pieces(text, size))
        found = Pieces(made(name)).tokens(texts, most, last)
    for text, tokens in zip(texts, found, strict=True):
        whole = ids(made(name), text)
        kept = (
            whole if most is None else whole[max(0, len(whole) - most) :] if last else whole[:most]
        )
        assert (tokens.ids, tokens.count) == (kept, len(whole))


@pytest.mark.parametrize("name", ["bert", "gpt-2", "xlm-r"])
@given(texts=st.lists(WORDY, max_size=5), most=st.integers(0, 12), size=st.integers(1, 3))
def test_kept_ids_are_the_same_where_counts_need_not_be_exact(name, texts, most, size):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("isomorph.preprocess.pieces.A_TOKEN", size)
        found = Pieces(made(name)).tokens(texts, most, exact=False)
    for text, tokens in zip(texts, found, strict=True):
        whole = ids(made(name), text)
        assert tokens.ids == whole[:most]
        if len(whole) <= most:
            assert tokens.count == len(whole)
        else:
            assert most < tokens.count <= len(whole)


LONG = "the river carries small stones " * 20_000


class Watched:
    """A tokenizer that remembers how many characters it was given at once."""

    def __init__(self):
        self.tokenizer, self.asked = made("bert"), []

    def encode_batch_fast(self, texts, **options):
        self.asked.append(sum(map(len, texts)))
        return self.tokenizer.encode_batch_fast(texts, **options)

    def __getattr__(self, name):
        return getattr(self.tokenizer, name)


def test_a_long_text_is_never_tokenised_whole():
    watched = Watched()
    (tokens,) = Pieces(watched).tokens([LONG], 10)
    assert max(watched.asked) <= 1 << 17
    assert tokens.count == len(ids(made("bert"), LONG))
    assert tokens.ids == ids(made("bert"), LONG[:400])[:10]


def test_no_more_is_read_than_is_kept_where_counts_need_not_be_exact():
    watched = Watched()
    long, short = Pieces(watched).tokens([LONG, "the river"], 10, exact=False)
    assert sum(watched.asked) < 400
    assert long.ids == ids(made("bert"), LONG[:400])[:10]
    assert short.ids == ids(made("bert"), "the river")


def test_a_text_that_is_longer_than_usual_is_read_to_where_it_is_full():
    """Characters of few tokens, so that the first piece does not fill the room."""
    watched = Watched()
    text = "a" + " " * 500 + "the river carries small stones"
    (tokens,) = Pieces(watched).tokens([text], 5, exact=False)
    assert tokens.ids == ids(made("bert"), text)[:5]
