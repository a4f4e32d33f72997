"""The probe texts, as code: every run of every environment makes the same ones.

`PROBES` go through the real model, `TINY` through the random ones, whose tokenizers know few words.
"""

from __future__ import annotations

from collections.abc import Mapping

_WORDS = (
    "the river carries small stones from the high valley down to a wide and quiet sea where "
    "fishermen repair their nets before dawn and children count boats in the harbour"
).split()


def words(count: int) -> str:
    """So many common words, each one token of a BERT vocabulary or a few."""
    return " ".join(_WORDS[i % len(_WORDS)] for i in range(count))


def tokens(count: int) -> str:
    """A text of exactly `count` WordPiece tokens, without the two special ones."""
    return " ".join(["river"] * count)


_SHORT: Mapping[str, str] = {
    "empty": "",
    "space": " ",
    "whitespace": " \t\n\r\u00a0\u2003 ",
    "letter": "a",
    "digit": "7",
    "punctuation": "?!... -- ''",
    "sentence": "The cat sits on the mat.",
    "upper": "THE CAT SITS ON THE MAT.",
    "padded": "  The cat   sits\ton the\n\nmat.  ",
    "question": "How many people live in Berlin?",
    "accents": "Ça va très bien, señor Müller — naïve façade, Ærøskøbing",
    "combining": "e\u0301le\u0300ve Zo\u0308e a\u0323\u0302\u0301 n\u0303",
    "turkish": "İstanbul ıslak IŞIK",
    "german": "Straße STRASSE ẞ",
    "ligatures": "ﬁnancial oﬃce ǆ ㎏ ½ ①",
    "fullwidth": "ＡＢＣ１２３　ｆｕｌｌｗｉｄｔｈ",
    "chinese": "今天天气很好，我们去公园散步。",
    "japanese": "東京タワーは333メートルです。ｶﾀｶﾅ",
    "korean": "안녕하세요 세계, 한국어 문장입니다",
    "thai": "สวัสดีชาวโลก",
    "hindi": "नमस्ते दुनिया क्षत्रिय",
    "arabic": "مرحبا بالعالم، كيف حالك؟",
    "hebrew": "שלום עולם, מה שלומך?",
    "mixed_direction": "price: 100 \u202bריאל\u202c and مرحبا end",
    "russian": "Съешь ещё этих мягких французских булок, ёжик",
    "greek": "Ο ΣΊΣΥΦΟΣ και το Άλφα",
    "emoji": "😀 👍🏽 🇩🇪 ❤️",
    "zwj": "👩\u200d👩\u200d👧\u200d👦 👩🏿\u200d🚀 🏴\u200d☠️",
    "zero_width": "zero\u200bwidth\u200cjoin\u200ders\ufeff soft\u00adhyphen",
    "null": "before\x00after",
    "controls": "\x01a\x02b\x07c\x1bd\x7fe\x85f\u2028g\u2029h\x0bi\x0cj",
    "replacement": "bad \ufffd byte \uffff \U0010ffff \ue000",
    "special_tokens": "[CLS] not [SEP] a [MASK] text [PAD] [UNK]",
    "angle_tokens": "<s> not </s> a <mask> text <pad> <unk>",
    "code": "def f(x: int) -> str:\n    return f'{x:>08}'  # TODO",
    "url": "https://example.org/a/b?c=d&e=%20f#g user@example.org",
    "numbers": "3.14159 1,000,000 -273.15 6.02e23 0xDEADBEEF",
    "repeated": "no no no no no no no no",
}
_SHAPES: Mapping[str, str] = {
    "word_of_99": "x" * 99,
    "word_of_101": "x" * 101,
    "word_of_5000": "abcdefghij" * 500,
    "combining_run": "a" + "\u0301" * 300,
    "cjk_run": "漢字" * 300,
    "emoji_run": "😀" * 300,
    "spaces_run": "a" + " " * 5000 + "b",
}
_LENGTHS: Mapping[str, str] = {
    **{
        f"tokens_{n}": tokens(n)
        for n in (2, 3, 7, 15, 31, 63, 64, 65, 127, 252, 253, 254, 255, 256, 257, 510, 511, 600)
    },
    **{f"words_{n}": words(n) for n in (5, 12, 20, 40, 90, 180, 240, 2000)},
    "megabyte": (words(30) + ". ") * (1_000_000 // len(words(30) + ". ") + 1),
}
_DUPLICATES: Mapping[str, str] = {
    "sentence_again": _SHORT["sentence"],
    "empty_again": "",
    "words_40_again": words(40),
}

PROBES: Mapping[str, str] = {**_SHORT, **_SHAPES, **_LENGTHS, **_DUPLICATES}

TOKEN_PROBES = ("empty", "whitespace", "letter", "sentence", "accents", "chinese", "zwj", "null")
"""Of these the vectors of single tokens are recorded as well."""

TINY: Mapping[str, str] = {
    **{
        name: _SHORT[name]
        for name in ("empty", "space", "letter", "sentence", "upper", "accents", "chinese")
    },
    "emoji": _SHORT["zwj"],
    "null": _SHORT["null"],
    "words_12": words(12),
    "words_100": words(100),
    "sentence_again": _SHORT["sentence"],
}

CORPUS = (*(words(n) for n in (5, 29)), *_SHORT.values())
"""What the tiny tokenizers are made from."""

WORDS: Mapping[str, str] = {
    "empty": "",
    "space": " \t\n\u00a0\u2003",
    "unknown": "zebra quux",
    "stop_words": "the of the a",
    "one": "cat",
    "casing": "Cat CAT cat cATS River RIVER rIVER",
    "punctuation": '"cat," (river); stones... --sea-- c++ C++! #tag ## u.s. U.S. 3.14',
    "repeated": "cat cat cat river cat",
    "stop_inside": "The cat of the river, a sea? The! (the) THE",
    "phrases": "New York City is small; the new moon of new york, New_York City, NEW MOON moon New",
    "art": "A state of the art valley - don't don DON'T can't",
    "accents": "café Café naïve NAÏVE façade, ça ÇA",
    "joined": "cat/river cat-river cat_river New__York 漢字 漢字。",
    "long": "one two three four five six seven eight nine ten " * 6,
    "again": "cat",
}
"""For models of whole words: casing, punctuation, stop words, phrases, words that none of them knows."""
