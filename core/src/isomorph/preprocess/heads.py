"""The first ids of a text of which nobody knows where it may be cut: read from its beginning, and proven.

A long text without a seam is one long word, or nearly. No token of a vocabulary is longer than so many
characters. Wherever a word goes on behind a prefix, its tokens have a border among the prefix's last
characters, as many as the longest token has; and up to a border byte pairs and Unigram give the tokens
that the text up to there has alone. So what all prefixes that end there have in common is final.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from isomorph.machine.lazy import lazy
from isomorph.preprocess.seams import described, splits_are_known

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FAR = 1 << 18
"""Characters from its beginning up to which a text is read."""
LONGEST = 256
"""Characters of a vocabulary's longest token, up to which the proof is worth its time."""
NEAR = 64
"""Characters on both sides of a cut that must be calm; no added token may be longer."""

RUN = 256
"""Characters of a run in which nothing is read that are never taken away."""
_SPACES = re.compile("|".join(f"{space}{{{RUN + 1},}}" for space in (" ", r"\n", r"\t")))

CALM = (
    r"!-&(-_a-~\u0410-\u0418\u041a-\u0438\u043a-\u044f\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3"
    r"\U0001f300-\U0001f3fa\U0001f400-\U0001f5ff\U0001f600-\U0001f64f\U0001f680-\U0001f6ff"
    r"\U0001f900-\U0001f9ff"
)
"""Characters of which none composes with, reorders or joins another one of them; as a regular expression."""
_ALONE = r"\u200b-\u200f\ufe0f\U0001f000-\U0001fbff"
"""Characters that join others to what is one for a reader, but compose with none."""
_SAME = rf"(?P<space>[ \n\t])(?P=space){{{2 * NEAR - 1}}}"
_AGAIN = rf"(?P<again>\S)(?P=again){{{2 * NEAR - 1}}}"
_CALM = re.compile(f"[{CALM}]")
_COMPOSING = frozenset(["NFC", "NFD"])
_BYTES_JOINED = re.compile(rb'\["<0x[0-9A-F]{2}>",|,"<0x[0-9A-F]{2}>"\]')
_NORMALIZERS = frozenset(
    "Lowercase NFC NFD NFKC NFKD Nmt Precompiled Prepend StripAccents BertNormalizer".split()
)


class Heads:
    """Finds the first ids of long texts; needs a tokenizer whose every step is known."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def first(self, text: str, most: int) -> list[int] | None:
        """More than `most` first ids of a text, or None where that many cannot be proven."""
        if not self.possible:
            return None
        if self._strips and any(each in text for each in self._strips):
            return None
        for cut in self._cuts(text, 8 * max(most, LONGEST)):
            ids = self._final(text[:cut])
            if ids is not None and len(ids) > most:
                return ids
        return None

    @lazy
    def possible(self) -> bool:
        """Whether all steps of the tokenizer are such that the proof holds."""
        return self._small and self._steps_are_known and _has_borders(self._tokenizer.model)

    @lazy
    def _small(self) -> bool:
        return 0 < self._longest <= LONGEST and all(
            len(each) <= NEAR for each in self._added if each
        )

    @lazy
    def _longest(self) -> int:
        kind = type(self._tokenizer.model).__name__
        if kind not in ("BPE", "Unigram"):
            return 0
        return max(map(len, self._tokenizer.get_vocab(with_added_tokens=False)), default=0)

    @lazy
    def _steps_are_known(self) -> bool:
        try:
            normalizer = described(self._tokenizer.normalizer, "normalizers")
            splitters = described(self._tokenizer.pre_tokenizer, "pretokenizers")
        except Exception:  # a part that is written in Python has no description
            return False
        return all(_is_known(step) for step in normalizer) and splits_are_known(splitters)

    @lazy
    def _added(self) -> list[str]:
        """The spellings of the added tokens, and those that they have behind the normaliser."""
        spellings = []
        for token in self._tokenizer.get_added_tokens_decoder().values():
            spellings.append(token.content)
            if token.normalized and self._tokenizer.normalizer is not None:
                spellings.append(self._tokenizer.normalizer.normalize_str(token.content))
        return spellings

    @lazy
    def _strips(self) -> list[str]:
        """The added tokens that take all spaces beside them."""
        tokens = self._tokenizer.get_added_tokens_decoder().values()
        return [token.content for token in tokens if token.lstrip or token.rstrip]

    def shortened(self, text: str) -> str:
        """The text without the middle of long runs in which nothing is read.

        Spaces that only split words, and characters that no piece of a Unigram vocabulary holds, of which
        any number together is one unknown token.
        """
        if not self.possible:
            return text
        if self._spaces_split:
            text = _SPACES.sub(_ends, text)
        for each, times in Counter(
            text
        ).items():  # a run that takes memory is a good part of its text
            if times * 64 > len(text) and not each.isspace() and self._is_void(each):
                text = re.sub(f"{re.escape(each)}{{{RUN + 1},}}", _ends, text)
        if self._known is not None:
            unknown = "".join(
                each for each in set(text) if _CALM.match(each) and self._is_unknown(each)
            )
            if unknown:
                text = re.sub(f"[{re.escape(unknown)}]{{{RUN + 1},}}", _ends, text)
        return text

    @lazy
    def _spaces_split(self) -> bool:
        steps = described(self._tokenizer.pre_tokenizer, "pretokenizers")
        at_spaces = bool(steps) and steps[0]["type"] in ("WhitespaceSplit", "BertPreTokenizer")
        return at_spaces and not any(each.isspace() for token in self._added for each in token)

    @lazy
    def _known(self) -> set[str] | None:
        """The characters of a Unigram vocabulary; None for other models."""
        model = self._tokenizer.model
        if (
            type(model).__name__ != "Unigram"
            or b'"byte_fallback":true' in model.__getstate__()[-99:]
        ):
            return None
        added = "".join(self._added)
        return set("".join(self._tokenizer.get_vocab(with_added_tokens=False))) | set(added)

    def _is_void(self, character: str) -> bool:
        """Whether many of a character are as few: they are left out, or one unknown token."""
        normalizer = self._tokenizer.normalizer
        if normalizer is not None and normalizer.normalize_str(f"a{character * 3}a") == "aa":
            return not any(character in each for each in self._added)
        return self._is_unknown(character)

    def _is_unknown(self, character: str) -> bool:
        if self._known is None:
            return False
        normalizer = self._tokenizer.normalizer
        spelt = character if normalizer is None else normalizer.normalize_str(character)
        word = "".join(part for part, _ in self._words_of(f"a{spelt}a"))
        return word.endswith(f"a{spelt}a") and self._known.isdisjoint(spelt) and bool(spelt)

    def _words_of(self, text: str) -> Sequence[tuple[str, Any]]:
        splitter = self._tokenizer.pre_tokenizer
        words: Sequence[tuple[str, Any]] = [(text, ())]
        return words if splitter is None else splitter.pre_tokenize_str(text)

    def _cuts(self, text: str, begin: int) -> Iterator[int]:
        """Places that are calm and away from added tokens, each some four times as far as the last one."""
        calm = self._calm
        while begin < min(FAR, len(text)):
            found = calm.search(text, begin, begin + FAR)
            if found is None:
                return
            if not self._is_near_added(found[0]) and _stays(text, found.start()):
                yield found.start() + NEAR
                begin *= 4
            begin = max(begin, found.end())

    @lazy
    def _calm(self) -> re.Pattern[str]:
        """Characters around a cut; where nothing is rewritten, and only there, no two can join."""
        found = described(self._tokenizer.normalizer, "normalizers")
        marked = {"String": " "}  # every space becomes one other character
        steps = {each["type"] for each in found if each.get("pattern") != marked} - {"Prepend"}
        if not steps:
            return re.compile(rf"\S{{{2 * NEAR}}}|{_SAME}")
        if steps <= _COMPOSING:
            return re.compile(f"[{CALM}{_ALONE}]{{{2 * NEAR}}}|{_SAME}|{_AGAIN}")
        return re.compile(f"[{CALM}]{{{2 * NEAR}}}|{_AGAIN}")

    def _is_near_added(self, around: str) -> bool:
        normalizer = self._tokenizer.normalizer
        spelt = around if normalizer is None else normalizer.normalize_str(around)
        return any(each in around or each in spelt for each in self._added if each)

    def _final(self, prefix: str) -> list[int] | None:
        """The ids of a prefix that stay, whatever calm character comes behind it."""
        ids = self._tokenizer.encode(prefix, add_special_tokens=False).ids
        normalizer, space = self._tokenizer.normalizer, prefix[-1].isspace()
        words = self._words_of(prefix if normalizer is None else normalizer.normalize_str(prefix))
        word = words[-1][0] if words else ""
        last = self._split(word)
        before = ids[: len(ids) - len(last)]
        if not last or ids[len(before) :] != last:
            return None
        if len(word) <= 2 * self._longest:
            return None if space else before
        if space and len(words) > 1 and prefix.rstrip() + prefix[-1] * len(word) != prefix:
            return None  # spaces of several kinds, or together with what is before them
        for end in range(len(word) - self._longest + 1, len(word)):
            last = _common(last, self._split(word[:end]))
        return [*before, *last]

    def _split(self, word: str) -> list[int]:
        return [token.id for token in self._tokenizer.model.tokenize(word)]


def _stays(text: str, place: int) -> bool:
    """Whether a mark here keeps its place: marks are sorted, so all around it must be the same mark."""
    mark = text[place]
    if unicodedata.combining(mark) == 0:
        return True
    before = text[:place].rstrip(mark)[-1:]
    behind = text[place:].lstrip(mark)[:1]
    return not any(unicodedata.combining(each) for each in (before, behind) if each)


def _ends(run: re.Match[str]) -> str:
    return run[0][: RUN // 2] + run[0][-RUN // 2 :]


def _common(one: list[int], other: list[int]) -> list[int]:
    pairs = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return [first for first, _ in pairs]


def _is_known(step: Mapping[str, Any]) -> bool:
    """Whether a step of the normaliser makes of calm characters what it makes of each, in their order."""
    if step["type"] == "Strip":
        return True  # what ends with a calm character has nothing to strip there
    if step["type"] == "Replace":
        plain, regex = step["pattern"].get("String"), step["pattern"].get("Regex")
        if plain is not None:
            return len(plain) == 1 or not re.search(f"[{CALM}]", plain)
        return regex in (" {2,}", r"\s{2,}", r"[\s]{2,}", r"\s+", " +", r"\s{2,}|[\n\r\t]")
    return step["type"] in _NORMALIZERS


def _has_borders(model: Any) -> bool:
    """Whether the tokens up to a border are those of the text up to there."""
    if type(model).__name__ == "Unigram":
        return True
    if any(
        map(model.__getattribute__, ("continuing_subword_prefix", "end_of_word_suffix", "dropout"))
    ):
        return False
    return not model.byte_fallback or _BYTES_JOINED.search(model.__getstate__()) is None
