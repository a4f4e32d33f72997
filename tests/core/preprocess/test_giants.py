"""Long texts without a place to cut: their first ids are those of the whole, and memory does not grow."""

from __future__ import annotations

from functools import cache

import pytest
from core.preprocess.tokenizers_of_all_kinds import GIANTS, SAFE
from hypothesis import given, settings
from hypothesis import strategies as st

from isomorph.preprocess.heads import Heads
from isomorph.preprocess.pieces import Pieces

UNITS = (
    *("a", "abc", "aab", "the", "1", "12", "!", "-", "#x", "你", "好世", "한", "か", "ж"),
    *(" ", "\n", "\t", "\N{NO-BREAK SPACE}", "\N{IDEOGRAPHIC SPACE}", " \n", "\r\n", "\0"),
    "\N{ZERO WIDTH SPACE}",
    *("\N{COMBINING ACUTE ACCENT}", "\N{COMBINING DOT BELOW}", "e\N{COMBINING ACUTE ACCENT}", "é", "ﷺ", "ﬁ"),
    *("😀", "🎈🚗", "👍🏽", "👩\N{ZERO WIDTH JOINER}🔧", "🇦🇧", "🇦", "▁", "Ġ"),
    *("[CLS]", "<mask>", "[UNK]", "  ", "'s", "``", "a!", "a ", "\N{HANGUL CHOSEONG KIYEOK}"),
)  # fmt: skip
RUNS = st.tuples(st.sampled_from(UNITS), st.integers(1, 900)).map(lambda run: run[0] * run[1])
TEXTS = st.lists(RUNS | st.sampled_from(UNITS), min_size=1, max_size=6).map("".join)


@cache
def made(name):
    return {**SAFE, **GIANTS}[name]()


def ids(name, text):
    return made(name).encode(text, add_special_tokens=False).ids


@pytest.fixture(autouse=True, scope="module")
def small():
    """Every text of some hundred characters counts as a long one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("isomorph.preprocess.pieces.GIANT", 100)
        yield


@pytest.mark.parametrize("name", [*SAFE, *GIANTS])
@settings(deadline=None)
@given(text=TEXTS, most=st.integers(0, 20))
def test_the_first_ids_are_those_of_the_whole(name, text, most):
    (found,) = Pieces(made(name)).tokens([text], most, exact=False)
    whole = ids(name, text)
    assert found.ids == whole[:most]
    if len(whole) <= most:
        assert found.count == len(whole)
    else:
        assert most < found.count <= len(whole)


class Watched:
    """A tokenizer that remembers how many characters it was given at most."""

    def __init__(self, tokenizer):
        self.tokenizer, self.most = tokenizer, 0

    def encode_batch_fast(self, texts, **options):
        self.most = max(self.most, *map(len, texts))
        return self.tokenizer.encode_batch_fast(texts, **options)

    def encode(self, text, **options):
        self.most = max(self.most, len(text))
        return self.tokenizer.encode(text, **options)

    def __getattr__(self, name):
        return getattr(self.tokenizer, name)


DEPENDS = {("albert", "a"), ("pieces, not split", " ")}
"""The first ids depend on the length of the run, or nobody knows that they do not."""
EVERYWHERE = ["😀", "a", "abc", " ", "你好", "12", "!", "\N{COMBINING ACUTE ACCENT}"]


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        (name, unit)
        for name in ("bert", "gpt-2", "qwen 2", "xlm-r", "albert", *GIANTS)
        for unit in EVERYWHERE
        if (name, unit) not in DEPENDS
    ],
)
def test_a_long_run_is_not_read_whole(name, unit):
    text = "a" + unit * 150_000 + " the"
    watched = Watched(made(name))
    (found,) = Pieces(watched).tokens([text], 32, exact=False)
    assert watched.most < 60_000
    assert found.ids == ids(name, text)[:32]


def test_nothing_is_proven_where_a_step_is_not_known():
    assert Heads(made("gpt-2")).possible
    assert not Heads(made("bert")).possible
