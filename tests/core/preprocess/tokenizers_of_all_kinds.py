"""Tokenizers of a few hundred tokens: steps that are put together as published ones put them, and others."""

from __future__ import annotations

from collections.abc import Callable

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    models,
    normalizers,
    pre_tokenizers,
    trainers,
)

CORPUS = [
    "the river carries small stones from the high valley to the sea",
    "The Cat's DOG didn't see it; they're high-minded, we'll say (1984).",
    "a naïve café über straße ﬁne",
    "你好 世界 こんにちは мир",
    "aa aaa aaaa ab abab",
]
LLAMA = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN = LLAMA.replace("{1,3}", "")
CLIP = (
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
)
GPT = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"


def word_piece(normalizer=None, pre_tokenizer=None, added=()):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    trainer = trainers.WordPieceTrainer(
        vocab_size=220, special_tokens=["[UNK]"], show_progress=False
    )
    return _trained(tokenizer, trainer, normalizer, pre_tokenizer, added)


def byte_pair(normalizer=None, pre_tokenizer=None, added=(), dropout=None, **ends):
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]", dropout=dropout, **ends))
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=["[UNK]"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
        **ends,
    )
    return _trained(tokenizer, trainer, normalizer, pre_tokenizer, added)


def unigram(normalizer=None, pre_tokenizer=None, added=()):
    tokenizer = Tokenizer(models.Unigram())
    trainer = trainers.UnigramTrainer(
        vocab_size=200, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False
    )
    return _trained(tokenizer, trainer, normalizer, pre_tokenizer, added)


def _trained(tokenizer, trainer, normalizer, pre_tokenizer, added):
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_tokens(list(added))
    return tokenizer


def _split(pattern, behavior="isolated", invert=False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert)


def _bytes(**options):
    return pre_tokenizers.ByteLevel(add_prefix_space=False, **options)


BERT = normalizers.BertNormalizer
METASPACE = pre_tokenizers.Metaspace
JOINED = pre_tokenizers.Sequence
SPECIAL = [AddedToken("[CLS]", special=True), AddedToken("<mask>", lstrip=True, special=True)]
WHITESPACE_RUNS = [AddedToken(" " * count, normalized=True) for count in (2, 3, 8)]

SAFE: dict[str, Callable[[], Tokenizer]] = {
    "bert": lambda: word_piece(BERT(), pre_tokenizers.BertPreTokenizer(), SPECIAL),
    "bert, cased": lambda: word_piece(
        BERT(lowercase=False), pre_tokenizers.BertPreTokenizer(), SPECIAL
    ),
    "words": lambda: word_piece(normalizers.Lowercase(), pre_tokenizers.Whitespace()),
    "words, digits": lambda: word_piece(
        normalizers.Sequence([normalizers.NFD(), normalizers.StripAccents()]),
        JOINED(
            [
                pre_tokenizers.Punctuation(),
                pre_tokenizers.Digits(individual_digits=True),
                pre_tokenizers.WhitespaceSplit(),
            ]
        ),
    ),
    "gpt-2": lambda: byte_pair(None, _bytes(), SPECIAL),
    "gpt-2, space in front": lambda: byte_pair(None, pre_tokenizers.ByteLevel(), SPECIAL),
    "modern bert": lambda: byte_pair(normalizers.NFC(), _bytes(), [*SPECIAL, *WHITESPACE_RUNS]),
    "llama 3": lambda: byte_pair(None, JOINED([_split(LLAMA), _bytes(use_regex=False)])),
    "qwen 2": lambda: byte_pair(
        normalizers.NFC(), JOINED([_split(QWEN), _bytes(use_regex=False)]), SPECIAL
    ),
    "gpt-2, written out": lambda: byte_pair(
        None, JOINED([_split(GPT, "removed", True), _bytes(use_regex=False)])
    ),
    "clip": lambda: byte_pair(
        normalizers.Sequence(
            [
                normalizers.NFC(),
                normalizers.Replace(Regex(r"\s+"), " "),
                normalizers.Lowercase(),
            ]
        ),
        JOINED([_split(CLIP, "removed", True), _bytes()]),
        SPECIAL,
        end_of_word_suffix="</w>",
    ),
    "xlm-r": lambda: unigram(
        normalizers.NFKC(), JOINED([pre_tokenizers.WhitespaceSplit(), METASPACE()]), SPECIAL
    ),
    "t5": lambda: unigram(
        normalizers.Sequence(
            [
                normalizers.Nmt(),
                normalizers.NFKC(),
                normalizers.Strip(left=False, right=True),
                normalizers.Replace(Regex(" {2,}"), "▁"),
            ]
        ),
        METASPACE(prepend_scheme="always"),
    ),
    "albert": lambda: unigram(
        normalizers.Sequence(
            [
                normalizers.Replace("``", '"'),
                normalizers.NFKD(),
                normalizers.StripAccents(),
                normalizers.Lowercase(),
                normalizers.Replace(Regex(r"\s+"), " "),
            ]
        ),
        JOINED([pre_tokenizers.WhitespaceSplit(), METASPACE(prepend_scheme="first")]),
        SPECIAL,
    ),
    "pieces with ranks": lambda: byte_pair(None, METASPACE(prepend_scheme="first")),
}

UNSAFE: dict[str, tuple[Callable[[], Tokenizer], str]] = {
    "a space is put in front": (
        lambda: byte_pair(normalizers.Prepend("▁"), METASPACE(prepend_scheme="never")),
        "the sea",
    ),
    "spaces in front are taken away": (
        lambda: byte_pair(normalizers.Strip(left=True, right=False), _bytes()),
        "the sea",
    ),
    "letters and spaces are replaced": (
        lambda: byte_pair(normalizers.Replace("e s", "x"), _bytes()),
        "the sea",
    ),
    "a regex nobody knows": (
        lambda: byte_pair(normalizers.Replace(Regex("e s"), "x"), _bytes()),
        "the sea",
    ),
    "spaces go": (
        lambda: byte_pair(normalizers.Replace(" ", ""), _bytes()),
        "The Cat",
    ),
    "nothing splits": (word_piece, "the sea"),
    "a metaspace that does not split": (
        lambda: word_piece(None, METASPACE(split=False)),
        "the sea",
    ),
    "bytes that are not split": (lambda: word_piece(None, _bytes(use_regex=False)), "the sea"),
    "spaces go with the word before them, whose pattern leaves them": (
        lambda: byte_pair(None, _split(CLIP, "merged_with_next")),
        "the sea",
    ),
    "spaces go with the word before": (
        lambda: word_piece(None, _split(" ", "merged_with_previous")),
        "a a a a",
    ),
    "an added token of two words": (
        lambda: byte_pair(None, _bytes(), [AddedToken("the sea")]),
        "the sea",
    ),
    "an added token that is spelt otherwise": (
        lambda: byte_pair(normalizers.NFKC(), _bytes(), [AddedToken("e\N{NO-BREAK SPACE}s")]),
        "the sea",
    ),
    "an added token that takes the space behind it": (
        lambda: byte_pair(None, _bytes(), [AddedToken("sea", rstrip=True)]),
        "sea the",
    ),
    "an added token that is a word of its own": (
        lambda: byte_pair(None, _bytes(), [AddedToken(" sea", single_word=True)]),
        "the sea",
    ),
}
"""Each with a text that has other ids when it is cut at its first seam."""

UNKNOWN: dict[str, Callable[[], Tokenizer]] = {
    "a chance at every merge": lambda: byte_pair(None, _bytes(), dropout=0.5),
    "a step in Python": lambda: byte_pair(None, pre_tokenizers.PreTokenizer.custom(_Words())),
    "scripts": lambda: unigram(None, pre_tokenizers.UnicodeScripts()),
}
"""Of these nothing is known."""


class _Words:
    def pre_tokenize(self, text):
        text.split(lambda _, part: part.split(" ", "removed"))


def _llama():
    return byte_pair(
        normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]),
        None,
        SPECIAL,
    )


GIANTS: dict[str, Callable[[], Tokenizer]] = {
    "llama 2": _llama,
    "gemma": lambda: byte_pair(
        normalizers.Replace(" ", "▁"), pre_tokenizers.Split(" ", "merged_with_previous")
    ),
    "mistral": lambda: byte_pair(None, METASPACE(prepend_scheme="first", split=False), SPECIAL),
    "pieces, not split": lambda: unigram(normalizers.NFKC(), METASPACE(split=False)),
}
"""They have no seams, so that a text is one word to them."""
