"""Two thousand texts of all kinds: scripts, emoji, controls, long words, spaces, special tokens.

The same ones wherever this runs: of the library only a seeded generator is used, and every character has
been in Unicode since version 9.
"""

from __future__ import annotations

import base64
import random
import struct
import zlib
from collections.abc import Callable, Sequence

COUNT = 2000
BLOCK = 10
"""Texts whose ids have one sum together, so that the recorded file stays small."""

WORDS = """the river ran past a mill and into its cold lake why do cats purr when they sleep how deep is the
sea there it is not clear to me who wrote this first 42 3.14 1,000 U.S. don't we'll it's e-mail x_y C++ naïve
café Ünïcödé İstanbul Straße ﬁne Ａｐｐｌｅ ① ½ Ⅷ мир труд Ёлка ελληνικά λόγος שלום עולם مرحبا كتاب हिन्दी भाषा
ไทย 한국어 조선 日本語 東京都 カタカナ ひらがな ﾊﾝｶｸ 中文
漢字 龍 tiếng Việt sinh_viên 😀 👩‍👩‍👧
🇫🇷 ❤️ … — “quoted” ``tex'' (a) [b] {c} <d>
http://a.b/c?d=e#f @name #tag 100% $5 a+b=c ~ ^ ` | \\\\""".split()
JAPANESE = """東京都に住んでいます。 猫は静かに眠っている。
川は古い水車を過ぎて湖に流れ込む。 これはペンです。
昨日の天気は良かった。 日本語の文章を 単語に分ける。
彼女はＡＢＣ株式会社で働く。 ﾊﾝｶｸカナと 全角ＡＢＣ 二〇二四年一月、雪が降った。
コンピューター すもももももももものうち 食べられない 「はい」と言った ㍻ 齟齬""".split()
SPACES = [" "] * 12 + [
    "  ",
    "   ",
    "\t",
    "\n",
    "\r\n",
    "\u00a0",
    "\u3000",
    "\u2009",
    " \n ",
    "",
    "\u200b",
]
CONTROLS = (
    "\x00\x01\x07\x08\x0b\x0c\x1b\x1f\x7f\x85\u00ad\u200c\u200d\u200e\u202e\u2028\u2029\ufeff\ufffd"
)
MARKS = "\u0300\u0301\u0302\u0308\u0323\u0327\u0483\u05b0\u064b\u093c\u0e31\u3099\u309a\u20dd\ufe0f"
SPECIALS = """<s> </s> <pad> <unk> <mask> [CLS] [SEP] [PAD] [UNK] [MASK] <bos> <eos> <|endoftext|>
<|startoftext|> <extra_id_0> <extra_id_1> [NEW] foo FOO <0x0A> ▁ ▁the ##s @@ </w> en_XX <cls> <sep>""".split()
RANGES = [
    (0x21, 0x7E), (0xA1, 0x24F), (0x370, 0x3FF), (0x400, 0x4FF), (0x5D0, 0x5EA), (0x620, 0x64A),
    (0x904, 0x939), (0xE01, 0xE2E), (0x1E00, 0x1EFF), (0x2010, 0x2027), (0x2190, 0x21FF),
    (0x2460, 0x24FF), (0x3041, 0x3096), (0x30A1, 0x30FA), (0x4E00, 0x9FA5), (0xAC00, 0xD7A3),
    (0xF900, 0xFA2D), (0xFF01, 0xFF9D), (0x1D400, 0x1D454), (0x1F300, 0x1F5FF), (0x20000, 0x2A6D6),
]  # fmt: skip
FIRST = [
    "",
    " ",
    "  ",
    "\n",
    "\t",
    "\u3000",
    "a",
    "▁",
    "▁▁ a",
    " a ",
    "\x00",
    "😀",
    "<s>",
    " <mask> ",
    "[CLS]x[SEP]",
]


def wide_texts() -> list[str]:
    """The texts, in the order in which their ids are recorded."""
    chance = random.Random(11)
    kinds: list[Callable[[random.Random], str]] = [
        *[_sentence] * 5,
        *[_spaced] * 3,
        *[_drawn] * 4,
        *[_marked] * 2,
        *[_long_word],
        *[_with_controls] * 2,
        *[_with_specials] * 3,
        *[_japanese] * 2,
    ]
    made = [chance.choice(kinds)(chance) for _ in range(COUNT - len(FIRST))]
    return [*FIRST, *made]


def _sentence(chance: random.Random) -> str:
    return " ".join(chance.choices(WORDS, k=chance.randrange(1, 12)))


def _spaced(chance: random.Random) -> str:
    words = chance.choices(WORDS, k=chance.randrange(1, 9))
    return chance.choice(SPACES) + "".join(word + chance.choice(SPACES) for word in words)


def _japanese(chance: random.Random) -> str:
    between = ["", "", "", "", " ", "\u3000", "\n", "a", "[MASK]"]
    return "".join(
        each + chance.choice(between) for each in chance.choices(JAPANESE, k=chance.randrange(1, 6))
    )


def _character(chance: random.Random) -> str:
    first, last = chance.choice(RANGES)
    return chr(chance.randrange(first, last + 1))


def _drawn(chance: random.Random) -> str:
    first, last = chance.choice(RANGES)
    some = [chr(chance.randrange(first, last + 1)) for _ in range(chance.randrange(1, 9))]
    return "".join(chance.choices([*some, " ", _character(chance), "a"], k=chance.randrange(1, 20)))


def _marked(chance: random.Random) -> str:
    return "".join(
        each + chance.choice(["", "", chance.choice(MARKS), chance.choice(MARKS) * 2])
        for each in _sentence(chance)[:30]
    )


def _long_word(chance: random.Random) -> str:
    return chance.choice(
        ["a", "x", "ab", "le", "😀", "あ", "the", "é", ".", "-", " ", "9"]
    ) * chance.randrange(20, 220)


def _with_controls(chance: random.Random) -> str:
    return "".join(
        each + chance.choice(["", "", "", chance.choice(CONTROLS)])
        for each in _sentence(chance)[:40]
    )


def _with_specials(chance: random.Random) -> str:
    parts = [*chance.choices(WORDS, k=4), *chance.choices(SPECIALS, k=chance.randrange(1, 4))]
    chance.shuffle(parts)
    return "".join(part + chance.choice(SPACES) for part in parts)


def sums_of(rows: Sequence[Sequence[int]]) -> str:
    """One sum for each `BLOCK` of texts, as base64."""
    blocks = [rows[first : first + BLOCK] for first in range(0, len(rows), BLOCK)]
    return base64.b64encode(b"".join(struct.pack("<I", _sum(block)) for block in blocks)).decode()


def unlike(rows: Sequence[Sequence[int]], sums: str) -> list[int]:
    """The numbers of the blocks whose ids are others than those that were summed."""
    found, wanted = (base64.b64decode(each) for each in (sums_of(rows), sums))
    return [at // 4 for at in range(0, len(wanted), 4) if found[at : at + 4] != wanted[at : at + 4]]


def _sum(block: Sequence[Sequence[int]]) -> int:
    return zlib.crc32(";".join(",".join(map(str, row)) for row in block).encode())
