"""Japanese ``vocab.txt``: words as MeCab or Sudachi finds them, split by WordPiece or into characters.

Both, and their dictionaries, are libraries of extras, which only such a model needs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock
from typing import Any, Final

from tokenizers import Tokenizer, models

from isomorph.errors import BadModel, Unsupported
from isomorph.machine.optional import Library
from isomorph.preprocess.japanese import DICTIONARIES, Japanese
from isomorph.preprocess.special_tokens import SpecialTokens
from isomorph.preprocess.tokenizer_limits import VOCABULARY_BYTES
from isomorph.preprocess.tokenizer_settings import SETTINGS, TokenizerSettings
from isomorph.preprocess.vocabulary.build import Recipe
from isomorph.preprocess.vocabulary.by_hand import split_by
from isomorph.preprocess.vocabulary.word_piece import BERT

FILE = "vocab.txt"
LIBRARY, EXTRA, EXTRA_SUDACHI = "fugashi", "japanese", "japanese-sudachi"
_FORM: Final = "NFKC"
AT_ONCE = 1 << 12
"""Characters that are split at once. MeCab's work grows with the square of a run of symbols; of a million
of them it ends the process."""
_STOP = re.compile(r"[。\s]")


def _finder(asked: Japanese) -> Callable[[str], list[str]]:
    """MeCab or Sudachi with its dictionary: from a text to its words.

    Raises:
        Unsupported: one of them is not installed.
    """
    return _sudachi(asked) if asked.finder == "sudachi" else _mecab(asked)


def _sudachi(asked: Japanese) -> Callable[[str], list[str]]:
    wanted = f"isomorph-core[{EXTRA_SUDACHI}]"
    sudachi = _library("sudachipy", wanted, "Sudachi").module()
    package = f"sudachidict_{asked.dictionary}"
    _library(package, wanted if asked.dictionary == "core" else package, "Sudachi").module()
    mode = getattr(sudachi.SplitMode, asked.mode)
    tokenizer = sudachi.Dictionary(dict=asked.dictionary).create(mode)
    return lambda text: [str(word.surface()) for word in tokenizer.tokenize(text)]


def _mecab(asked: Japanese) -> Callable[[str], list[str]]:
    wanted = f"isomorph-core[{EXTRA}]"
    fugashi = _library(LIBRARY, wanted, "MeCab").module()
    package = DICTIONARIES[asked.dictionary]
    brought = wanted if package == "ipadic" else package
    folder = Path(_library(asked.dictionary, brought, "MeCab").module().DICDIR)
    if not folder.is_dir():
        raise Unsupported(
            f"{package} is installed without its dictionary. Run: python -m {package} download"
        )
    tagger = fugashi.GenericTagger(f'-d "{folder}" -r "{folder / "mecabrc"}"')
    return lambda text: [word.surface for word in tagger(text)]


def _library(name: str, wanted: str, finder: str) -> Library:
    return Library(name, f"This model's texts are split into words by {finder} with {name}", wanted)


class _Words:
    """Splits texts; MeCab and Sudachi keep what they found, so that one text at a time is their guest."""

    def __init__(self, asked: Japanese, kept: frozenset[str]) -> None:
        self._asked, self._kept = asked, asked.kept | kept
        self._find, self._turn = _finder(asked), Lock()

    def __call__(self, text: str, _: bool) -> Iterator[str]:
        if self._asked.normalize:
            text = unicodedata.normalize(_FORM, text)
        for part in parts(text):
            with self._turn:
                words = self._find(part)
            for word in words:
                lower = self._asked.lowercase and word not in self._kept
                cased = word.lower() if lower else word
                yield from self._spelt(cased.strip() if self._asked.trimmed else cased)

    def head(self, text: str, size: int) -> str | None:
        """The first parts of a text as MeCab is given it.

        Two parts that were cut are longer than one may be, so that the beginning alone is cut alike.
        """
        if self._asked.normalize:
            text = unicodedata.normalize(_FORM, text)
        end = 0
        for part in parts(text):
            end += len(part)
            if end >= size:
                return text[:end] if end < len(text) else None
        return None

    def _spelt(self, word: str) -> Iterator[str]:
        if self._asked.characters:
            yield from unicodedata.normalize(_FORM, word)
        else:
            yield from word.split()


def parts(text: str, most: int = AT_ONCE) -> Iterator[str]:
    """The text in parts of at most so many characters, cut behind full stops and spaces where there are any.

    A word beside a cut may be another one than in the whole; the first `most` / 2 characters are safe.
    """
    start = 0
    while len(text) - start > most:
        stops = list(_STOP.finditer(text, start + most // 2, start + most))
        cut = stops[-1].end() if stops else start + most
        yield text[start:cut]
        start = cut
    yield text[start:]


def _vocabulary(settings: TokenizerSettings) -> dict[str, int]:
    text = settings.folder.text(FILE, limit=VOCABULARY_BYTES) or ""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[-1] == "":
        lines.pop()
    return {line: index for index, line in enumerate(lines)}


def _build(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    asked = Japanese.of(settings.values, f"{settings.folder}: {SETTINGS}")
    vocabulary, unknown = _vocabulary(settings), tokens.text("unk_token")
    if unknown not in vocabulary:
        raise BadModel(f"{FILE} in {settings.folder} lacks the unk_token {unknown[:80]!r}.")
    model: Any = models.WordLevel if asked.characters else models.WordPiece
    tokenizer = Tokenizer(model(vocabulary, unk_token=unknown))
    special = frozenset(str(token.content) for token in (*tokens.named.values(), *tokens.more))
    words = _Words(asked, special)
    split_by(tokenizer, words, words.head)
    return tokenizer


JAPANESE = Recipe((FILE,), BERT.tokens, _build, BERT.finish, alone=True)
