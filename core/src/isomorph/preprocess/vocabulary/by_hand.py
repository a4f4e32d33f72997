"""Splits that are made in Python, where the tokenizers library has none like them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from weakref import WeakKeyDictionary

from tokenizers import NormalizedString, PreTokenizedString, Tokenizer, pre_tokenizers

Split = Callable[[str, bool], Iterable[str]]
"""From a piece of text, and whether it is the text's first one, to words as the vocabulary spells them."""

Head = Callable[[str, int], str | None]
"""A beginning of a text, of at least so many characters if the text has them, whose ids are the first ids
of the text; of its last id that may not be so. None where there is none, or nobody can tell. The text holds
no added token."""

_HEADS: WeakKeyDictionary[Tokenizer, Head] = WeakKeyDictionary()


def split_by(tokenizer: Tokenizer, split: Split, head: Head) -> None:
    """Gives a tokenizer its split; where words lie in the text is lost, since nobody asks."""
    tokenizer.pre_tokenizer = pre_tokenizers.PreTokenizer.custom(_Splits(split))
    _HEADS[tokenizer] = head


def head_of(tokenizer: Tokenizer) -> Head | None:
    """How beginnings of texts are found for a tokenizer with a split of these."""
    return _HEADS.get(tokenizer)


def is_by_hand(part: object) -> bool:
    """Whether a part of a tokenizer is one of these; no file holds one."""
    return type(part) is pre_tokenizers.PreTokenizer


class _Splits:
    def __init__(self, split: Split) -> None:
        self._split = split

    def pre_tokenize(self, text: PreTokenizedString) -> None:
        text.split(self._words)

    def _words(self, index: int, piece: NormalizedString) -> list[NormalizedString]:
        return [NormalizedString(word) for word in self._split(piece.normalized, index == 0)]
