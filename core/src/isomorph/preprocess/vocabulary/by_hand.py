"""Splits that are made in Python, where the tokenizers library has none like them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tokenizers import NormalizedString, PreTokenizedString, pre_tokenizers

Split = Callable[[str, bool], Iterable[str]]
"""From a piece of text, and whether it is the text's first one, to words as the vocabulary spells them."""


def split_by(split: Split) -> pre_tokenizers.PreTokenizer:
    """A pre-tokenizer; where its words lie in the text is lost, since nobody asks."""
    return pre_tokenizers.PreTokenizer.custom(_Splits(split))


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
