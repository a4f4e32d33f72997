"""Long runs in which nothing is read, made short: where BERT's clean-up and WordPiece give the same ids.

BERT's clean-up looks at one character at a time. What it leaves out may be left out before, several spaces
split as one does, and a word that is longer than WordPiece looks at is one unknown token however long it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from tokenizers import models, normalizers, pre_tokenizers

from isomorph.machine.lazy import lazy

if TYPE_CHECKING:
    from tokenizers import Tokenizer

NEAR = 64
"""Characters on both sides of a cut in which there must be no added token."""
RUN = 256
"""Characters of a run, of spaces or of what is left out, that are never taken away."""
_GONE, _SPACE, _WORD, _ALONE = "gone", "space", "word", "alone"


class Squeeze:
    """Makes the long runs of a text short; its ids stay."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._kinds: dict[str, str] = {}

    def pieces(self, text: str, size: int) -> Iterator[str]:
        """The text in pieces of `size` characters or more, each with the ids that it has in the whole."""
        kinds = self._kinds_in(text)
        text, start = self._shortened(text, kinds), 0
        alone = re.compile(f"[{_escaped(kinds[_ALONE])}]" if kinds[_ALONE] else "(?!)")
        while (found := alone.search(text, start + size)) is not None:
            cut = found.end()
            if self._is_free(text, cut):
                yield text[start:cut]
                start = cut
            else:  # an added token is near: try the next one
                following = alone.search(text, cut + NEAR)
                if following is None:
                    break
                size = following.start() - start
        yield text[start:]

    def _kinds_in(self, text: str) -> dict[str, set[str]]:
        kinds: dict[str, set[str]] = {_GONE: set(), _SPACE: set(), _WORD: set(), _ALONE: set()}
        for character in set(text):
            kinds[self._kind(character)].add(character)
        return kinds

    def _shortened(self, text: str, kinds: Mapping[str, set[str]]) -> str:
        dropped = kinds[_GONE] | kinds[_SPACE] | kinds[_WORD]
        if any(map(_reorders, dropped)) or self._may_hide_added(dropped):
            return text
        text = _runs(kinds[_GONE], RUN).sub(lambda run: _ends(run[0]), text)
        spaces = re.compile(f"[{_escaped(kinds[_SPACE])}]" if kinds[_SPACE] else "(?!)")
        text = _runs(kinds[_GONE] | kinds[_SPACE], RUN).sub(
            lambda run: _ends(run[0], " " if spaces.search(run[0]) else ""), text
        )
        keep = (RUN + 1) * (self._tokenizer.model.max_input_chars_per_word + 2)
        return _runs(kinds[_GONE] | kinds[_WORD], keep + NEAR).sub(
            lambda run: run[0][:keep] + run[0][-NEAR:], text
        )

    def _is_free(self, text: str, cut: int) -> bool:
        """Whether no added token lies across or beside a place, and no mark stands behind it."""
        around, normalizer = text[max(0, cut - NEAR) : cut + NEAR], self._tokenizer.normalizer
        assert normalizer is not None
        spelt = normalizer.normalize_str(around)
        mark = unicodedata.combining(text[cut]) != 0 if cut < len(text) else False
        tokens = self._tokenizer.get_added_tokens_decoder().values()
        return not mark and not any(
            token.content in around or normalizer.normalize_str(token.content) in spelt
            for token in tokens
        )

    @lazy
    def possible(self) -> bool:
        """Whether this is WordPiece behind BERT's clean-up and BERT's splits."""
        made = self._tokenizer
        return (
            isinstance(made.model, models.WordPiece)
            and isinstance(made.normalizer, normalizers.BertNormalizer)
            and isinstance(made.pre_tokenizer, pre_tokenizers.BertPreTokenizer)
            and not any(
                t.single_word or not 0 < len(t.content) <= NEAR // 2
                for t in made.get_added_tokens_decoder().values()
            )
        )

    def _kind(self, character: str) -> str:
        """What becomes of a character; asked of the tokenizer itself, whose tables of Unicode count."""
        if character not in self._kinds:
            normalizer, splitter = self._tokenizer.normalizer, self._tokenizer.pre_tokenizer
            assert normalizer is not None
            assert splitter is not None
            spelt = normalizer.normalize_str(character)
            words = [word for word, _ in splitter.pre_tokenize_str(f"a{spelt}a")]
            joined = {f"a{spelt}a": _WORD if spelt else _GONE}
            kind = joined.get(words[0], _SPACE if words == ["a", "a"] else _ALONE)
            self._kinds[character] = kind
        return self._kinds[character]

    def _may_hide_added(self, dropped: set[str]) -> bool:
        """Whether an added token may be among characters that are dropped."""
        normalizer = self._tokenizer.normalizer
        assert normalizer is not None
        spelt = dropped | set("".join(map(normalizer.normalize_str, dropped)))
        tokens = self._tokenizer.get_added_tokens_decoder().values()
        return any(
            spelt.issuperset(each)
            for token in tokens
            for each in (token.content, normalizer.normalize_str(token.content))
        )


def _reorders(character: str) -> bool:
    """Whether a mark changes places with others and yet is not left out."""
    return unicodedata.combining(character) != 0 and unicodedata.category(character) != "Mn"


def _escaped(characters: Iterable[str]) -> str:
    return "".join(map(re.escape, sorted(characters)))


def _runs(characters: Iterable[str], longer_than: int) -> re.Pattern[str]:
    inside = _escaped(characters)
    return re.compile(f"[{inside}]{{{longer_than + 1},}}" if inside else r"(?!)")


def _ends(run: str, between: str = "") -> str:
    """A run without its middle: what is beside it still sees the characters that were there."""
    return run[: RUN // 2] + between + run[-RUN // 2 :]
