"""Texts to ids of whole words: the tokenizers of models from before subwords.

A text is split, what the vocabulary does not hold is left out, and so are stop words. What is looked
up, in which order, is data; see `Words`.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from isomorph.errors import BadModel, ModelNotFound
from isomorph.files.schema import FLAG, TEXT, ListOf, Schema, Whole, judge, maybe
from isomorph.machine.optional import Library
from isomorph.preprocess.encoded import Encoded
from isomorph.preprocess.text import Text

FILES = {
    "whitespace": "whitespacetokenizer_config.json",
    "phrase": "phrasetokenizer_config.json",
    "bow": "config.json",
}
"""Where the vocabulary is, by `isomorph.preprocess.text.Text.words`."""


_SETTINGS: Schema = {
    "vocab": ListOf(TEXT),
    "stop_words": maybe(ListOf(TEXT)),
    "do_lower_case": maybe(FLAG),
    "ngram_separator": maybe(TEXT),
    "max_ngram_length": maybe(Whole(0, 1_000)),
}


@dataclass(frozen=True, slots=True)
class Words:
    """A vocabulary of whole words and how a text is taken apart into them.

    Each piece that `split` gives is tried as it is, and as each of `spellings` in turn makes it of the
    spelling before. The first that is a stop word ends the piece without a word, the first that is in
    `ids` gives its id. `phrases` are entries of several words, joined by `separator`; as many pieces as
    one of `sizes` are tried as a phrase.
    """

    ids: Mapping[str, int]
    split: Callable[[str], list[str]]
    spellings: tuple[Callable[[str], str], ...]
    stop_words: frozenset[str] = frozenset()
    lowercase: bool = False
    separator: str = "_"
    phrases: frozenset[str] = frozenset()
    sizes: frozenset[int] = frozenset()

    def tokenize(self, text: str) -> list[int]:
        """The ids of the known words of a text, in its order."""
        pieces = self.split(text.lower() if self.lowercase else text)
        found = (self._look_up(piece) for piece in self._joined(pieces))
        return [index for index in found if index is not None]

    def get_vocab(self) -> dict[str, int]:
        """Ids by word."""
        return dict(self.ids)

    def get_vocab_size(self) -> int:
        """The number of words."""
        return len(self.ids)

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = True) -> str:
        """The words of these ids, with spaces between; there are no special ones."""
        words = {index: word for word, index in self.ids.items()}
        return " ".join(words[index] for index in ids)

    def _look_up(self, piece: str) -> int | None:
        for respell in (None, *self.spellings):
            piece = respell(piece) if respell else piece
            if piece in self.stop_words:
                return None
            if piece in self.ids:
                return self.ids[piece]
        return None

    def _joined(self, pieces: list[str]) -> list[str]:
        """The pieces with phrases made one piece, long phrases first, the first of two that overlap."""
        for size in sorted(self.sizes, reverse=True):
            pieces = list(self._join(pieces, size))
        return pieces

    def _join(self, pieces: Sequence[str], size: int) -> Iterator[str]:
        at = 0
        while at < len(pieces):
            joined = self.separator.join(pieces[at : at + size])
            spelt = joined if joined in self.phrases else joined.lower()
            match = at + size <= len(pieces) and spelt in self.phrases
            yield spelt if match else pieces[at]
            at += size if match else 1


class WordEncoder:
    """Words as an encoder: no special tokens, and a cut that leaves the first words."""

    def __init__(self, words: Words, text: Text) -> None:
        self.tokenizer = words
        self._text = text

    def encode(
        self, texts: Sequence[str], max_length: int | None, prompt: str = "", exact: bool = False
    ) -> Encoded:
        """Ids of the known words of prompt + text, the first `max_length` of them; perhaps none.

        A prompt is text like any other here: none of its words is left out of a mean. Full lengths are
        always exact.
        """
        whole = [self.tokenizer.tokenize(prompt + text) for text in texts]
        rows = tuple(np.array(ids[:max_length], np.int64) for ids in whole)
        lengths, full = (np.fromiter(map(len, ids), np.int64, len(texts)) for ids in (rows, whole))
        return Encoded(rows, lengths, full, text=self._text)


def read_words(text: Text) -> Words:
    """The word tokenizer of a model.

    Raises:
        ModelNotFound: its file is missing.
        BadModel: the file is damaged, or lacks the vocabulary or the stop words.
        Unsupported: it needs a library that is not installed.
    """
    config = _config(text)
    if text.words == "bow":
        return _whitespace({"vocab": list(dict.fromkeys(config["vocab"])), "stop_words": []})
    if not isinstance(config.get("stop_words"), list):
        raise BadModel(f"{FILES[text.words]} in {text.folder} has no 'stop_words', a list.")
    return _phrase(config) if text.words == "phrase" else _whitespace(config)


def _config(text: Text) -> Mapping[str, Any]:
    if text.folder is None:
        raise BadModel("The first module of this model has no tokenizer.")
    name = FILES[text.words]
    if text.folder.file(name) is None:
        raise ModelNotFound(f"{text.folder} holds no {name}, the words of its tokenizer.")
    file, config = text.folder.path(name), text.folder.json(name)
    if not isinstance(config, dict) or not isinstance(config.get("vocab"), list):
        raise BadModel(f"{file} has no 'vocab', a list of words.")
    judge(config, _SETTINGS, str(file))
    return dict(config)


def _stripped(piece: str) -> str:
    return piece.strip(string.punctuation)


def _ids(config: Mapping[str, Any]) -> dict[str, int]:
    return {word: index for index, word in enumerate(config["vocab"])}


def _whitespace(config: Mapping[str, Any]) -> Words:
    """Pieces between spaces; as they stand, without punctuation around, then in lower case."""
    return Words(
        _ids(config),
        str.split,
        (_stripped, str.lower),
        frozenset(config["stop_words"]),
        bool(config.get("do_lower_case", False)),
    )


def _phrase(config: Mapping[str, Any]) -> Words:
    """Pieces as the Penn Treebank has them; as they stand, in lower case, then without punctuation.

    `do_lower_case` stands in the file, but has no effect in the reference library, nor here: phrases
    and words are looked up in lower case anyway, after their own spelling.
    """
    separator, longest = config.get("ngram_separator", "_"), config.get("max_ngram_length", 5)
    if separator is None or longest is None:
        raise BadModel(
            "phrasetokenizer_config.json says null for ngram_separator or max_ngram_length."
        )
    sizes = {word: word.count(separator) + 1 for word in config["vocab"] if separator}
    phrases = {
        word: size
        for word, size in sizes.items()
        if 1 < size <= longest and separator * 2 not in word
    }
    return Words(
        _ids(config),
        _treebank(),
        (str.lower, _stripped),
        frozenset(config["stop_words"]) | {""},  # what is left of mere punctuation
        separator=separator or "_",
        phrases=frozenset(phrases),
        sizes=frozenset(phrases.values()),
    )


def _treebank() -> Callable[[str], list[str]]:
    word_tokenize = (
        Library("nltk", "This model splits texts with the library nltk")
        .module("tokenize")
        .word_tokenize
    )
    return lambda text: list(word_tokenize(text, preserve_line=True))
