"""PhoBERT's and BERTweet's ``vocab.txt`` and ``bpe.codes``: byte pairs of words as they stand in a text.

The files are those of fairseq and of subword-nmt: a token and a count in a line, and two parts and a
count. A part that ends a word is spelt with ``</w>`` among the pairs; one that does not, with ``@@`` in
the vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from tokenizers import Tokenizer, models

from isomorph.errors import BadModel, Unsupported
from isomorph.preprocess.special_tokens import SpecialTokens
from isomorph.preprocess.tokenizer_limits import VOCABULARY_BYTES
from isomorph.preprocess.tokenizer_settings import SETTINGS, TokenizerSettings
from isomorph.preprocess.vocabulary.build import Recipe, plain, roberta_frame
from isomorph.preprocess.vocabulary.by_hand import split_by

VOCABULARY, PAIRS = "vocab.txt", "bpe.codes"
_END, _GOES_ON = "</w>", "@@"
_NO_PART = " "
"""Stands for a character that is in no pair: no word and no part holds a space."""
_WORD = re.compile(r"\S+\n?")
_WORD_ENDS = re.compile(r"(?<=\S) ")
_FRONT = ("bos_token", "pad_token", "eos_token", "unk_token")


def _lines(settings: TokenizerSettings, name: str) -> Iterator[tuple[int, str]]:
    """The lines of a file that hold something, with their numbers."""
    text = settings.folder.text(name, limit=VOCABULARY_BYTES) or ""
    for number, line in enumerate(text.replace("\r", "\n").split("\n"), 1):
        if line.strip():
            yield number, line.strip()


def _vocabulary(settings: TokenizerSettings, tokens: SpecialTokens) -> dict[str, int]:
    ids = {tokens.text(role): index for index, role in enumerate(_FRONT)}
    for number, line in _lines(settings, VOCABULARY):
        word, space, _ = line.rpartition(" ")
        if not space or word in ids or len(ids) < len(_FRONT):
            raise BadModel(
                f"Line {number} of {VOCABULARY} in {settings.folder} is not a new token and its count."
            )
        ids[word] = len(ids)
    return ids


def _pairs(settings: TokenizerSettings) -> list[tuple[str, str]]:
    found: dict[tuple[str, str], None] = {}
    for number, line in _lines(settings, PAIRS):
        parts = line.split()
        if len(parts) != 3:
            raise BadModel(
                f"Line {number} of {PAIRS} in {settings.folder} is not two parts and their count."
            )
        found.pop((parts[0], parts[1]), None)  # of a pair that stands twice the last place counts
        found[parts[0], parts[1]] = None
    return list(found)


class Segments:
    """Cuts words where no pair joins their parts any more."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        parts = dict.fromkeys(
            [_NO_PART, *(part for pair in pairs for part in (*pair, "".join(pair)))]
        )
        for character in "".join(parts):  # each is a beginning, whether or not a pair has it alone
            parts[character] = parts[character + _END] = None
        ids = {part: index for index, part in enumerate(parts)}
        model = models.BPE(vocab=ids, merges=pairs, unk_token=_NO_PART, end_of_word_suffix=_END)
        self._tokenizer = Tokenizer(model)

    def __call__(self, text: str, _: bool = True) -> Iterator[str]:
        """The parts of all words, as the vocabulary spells them."""
        for word in _WORD.findall(text):
            places = self._tokenizer.encode(word, add_special_tokens=False).offsets
            for begin, end in places:
                yield word[begin:end] + (_GOES_ON if end < len(word) else "")


def _whole_words(text: str, size: int) -> str | None:
    """Words are split apart from each other; a line feed behind one belongs to it."""
    found = _WORD_ENDS.search(text, size)
    return None if found is None else text[: found.start()]


def _build(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    vocabulary = _vocabulary(settings, tokens)
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=tokens.text("unk_token")))
    split_by(tokenizer, Segments(_pairs(settings)), _whole_words)
    return tokenizer


def _tweets(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    """As PhoBERT's, for texts whose names, links and emoji somebody has replaced before.

    Raises:
        Unsupported: the class is to replace them.
    """
    if settings.flag("normalization", False):
        raise Unsupported(
            f"{SETTINGS} in {settings.folder} sets normalization = true, by which BertweetTokenizer "
            "rewrites names, links and emoji of tweets in Python code of its own. Rewrite the texts before, "
            "and set it to false."
        )
    return _build(settings, tokens)


PHOBERT = Recipe(
    (VOCABULARY, PAIRS),
    plain(
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        sep_token="</s>",
        pad_token="<pad>",
        cls_token="<s>",
        mask_token="<mask>",
    ),
    _build,
    roberta_frame,
    alone=True,
)
BERTWEET = replace(PHOBERT, build=_tweets)
