"""Where a text may be cut before it is tokenised: the ids of its parts, joined, are those of the whole.

A seam is the place between a letter and a single space that another letter follows, both of them letters
that are written in one way only. Whether
cutting there changes nothing is a question to the tokenizer's description, step by step: no added token
and no step of the normaliser may reach across a seam or treat the ends of a text in a way of their own,
and some pre-tokenizer must split at every seam, so that no model ever sees both sides at once. What is
not known here counts as a no.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_RANGES = (
    ("A", "Z"), ("a", "z"),
    ("\u03b1", "\u03c9"), ("\u0410", "\u0418"), ("\u041a", "\u0438"), ("\u043a", "\u044f"),
    ("\u05d0", "\u05ea"), ("\u0628", "\u063a"), ("\u0641", "\u064a"), ("\u0915", "\u0928"),
    ("\u092a", "\u0930"), ("\u0935", "\u0939"), ("\u0e01", "\u0e2e"), ("\uac00", "\ud7a3"),
)  # fmt: skip
"""Latin, Greek, Cyrillic, Hebrew, Arabic, Devanagari, Thai, Hangul: letters without marks of their own."""
_HANGUL = "\uac00"
LETTERS = "".join(f"{first}-{last}" for first, last in _RANGES)
"""The letters of seams, as a regular expression has them."""

SEAM = re.compile(f"(?<=[{LETTERS}])(?= [{LETTERS}])")

_LETTER_SPACE = re.compile(rf"[{LETTERS}]\s")

_LOCAL_NORMALIZERS = frozenset(
    # They map characters, or characters with the marks behind them; a space composes with nothing.
    "BertNormalizer Lowercase NFC NFD NFKC NFKD Nmt Precompiled StripAccents".split()
)
_SPACES = frozenset([" {2,}", r"\s{2,}", r"[\s]{2,}", r" +", r"\s+"])
"""Patterns of whitespace alone. At a seam they find nothing, or its one space."""

_WORDS = frozenset(
    # Every alternative that can take a letter ends before the next space.
    [
        r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        r"\w+|[^\w\s]+",
        r"\s+",
        r"\s",
        " ",
    ]
)
"""Patterns of a Split of which a match ends or begins at every seam: GPT-2's, Llama 3's, Qwen 2's, others."""

_WORDS_ALONE = frozenset(
    [r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"]
)
"""The same, but no match takes the spaces (CLIP's): they may be removed, but not join a word."""

_AT_SEAMS = frozenset(["BertPreTokenizer", "Whitespace", "WhitespaceSplit"])
_ELSEWHERE = frozenset(["Digits", "Punctuation"])


def seams_are_safe(tokenizer: Tokenizer) -> bool:
    """Whether a text cut at any of its seams has the ids of the whole, special tokens aside."""
    try:
        normalizer = described(tokenizer.normalizer, "normalizers")
        splitters = described(tokenizer.pre_tokenizer, "pretokenizers")
    except Exception:  # a part that is written in Python has no description
        return False
    return (
        all(_is_local(step) for step in normalizer)
        and _stay(tokenizer.normalizer, any(step["type"] == "Precompiled" for step in normalizer))
        and _split(splitters)
        and not getattr(tokenizer.model, "dropout", None)
        and not any(_reaches(token, tokenizer) for token in _added(tokenizer))
    )


def described(part: Any, inner: str) -> list[Mapping[str, Any]]:
    """The steps of a part of the tokenizer, as ``tokenizer.json`` has them, sequences taken apart."""
    return [] if part is None else list(flat(json.loads(part.__getstate__()), inner))


def splits_are_known(steps: list[Mapping[str, Any]]) -> bool:
    """Whether a text's words, up to one that is not at its end, are the same whatever comes behind."""
    return _after_splitting(steps) and all(
        step["type"] != "Split" or _is_known_split(step) for step in steps
    )


def flat(step: Mapping[str, Any], inner: str) -> Iterator[Mapping[str, Any]]:
    """The steps of a step: itself, or those of a sequence, whose list is called `inner`."""
    if step["type"] != "Sequence":
        yield step
        return
    for each in step[inner]:
        yield from flat(each, inner)


def _is_local(step: Mapping[str, Any]) -> bool:
    """Whether a normaliser gives both sides of a seam what it gives the whole, and keeps the seam."""
    if step["type"] == "Strip":
        return not step["strip_left"]  # what is left of a seam ends with a letter
    if step["type"] == "Replace":
        plain, regex = step["pattern"].get("String"), step["pattern"].get("Regex")
        if plain is not None:
            return bool(plain) and not re.search(rf"[{LETTERS}\s]", plain)
        return regex in _SPACES and ("{2,}" in regex or step["content"] == " ")
    return step["type"] in _LOCAL_NORMALIZERS


def _stay(normalizer: Any, mapped: bool) -> bool:
    """Whether seams are still seams behind the normaliser; a map of characters may hold anything."""
    if normalizer is None:
        return True
    letters = [chr(n) for first, last in _RANGES for n in range(ord(first), ord(last) + 1)]
    if not mapped:  # Hangul, most of the letters, is taken apart by a rule
        letters = [letter for letter in letters if letter < _HANGUL or ord(letter) % 61 == 0]
    spelt = normalizer.normalize_str(" ".join(letters)).split(" ")
    return len(spelt) == len(letters) and all(
        word and all(each.isalpha() or unicodedata.category(each)[0] == "M" for each in word)
        for word in spelt
    )


def _split(steps: list[Mapping[str, Any]]) -> bool:
    """Whether the pre-tokenizers split at every seam, and before it treat both sides alike."""
    for step in steps:
        if _splits(step):
            return _after_splitting(steps)
        if step["type"] not in _ELSEWHERE:
            return False
    return False


def _splits(step: Mapping[str, Any]) -> bool:
    kind = step["type"]
    if kind == "ByteLevel":
        return bool(step.get("use_regex", True))
    if kind == "Metaspace":
        return bool(step.get("split", True))
    if kind == "Split":
        return _is_known_split(step) and step["behavior"] != "MergedWithPrevious"
    return kind in _AT_SEAMS


def _is_known_split(step: Mapping[str, Any]) -> bool:
    pattern, behavior = step["pattern"], step["behavior"]
    if pattern.get("Regex") in _WORDS_ALONE:
        return behavior in ("Isolated", "Removed")
    known = pattern.get("Regex") in _WORDS or pattern.get("String") == " "
    return known and behavior in ("Isolated", "Removed", "MergedWithNext", "MergedWithPrevious")


def _after_splitting(steps: list[Mapping[str, Any]]) -> bool:
    """Whether all steps look at one word at a time, wherever in the text it stands.

    ``first`` of a Metaspace asks whether a word is the text's first one, which after a seam none is:
    a space is before it.
    """
    known = _AT_SEAMS | _ELSEWHERE | {"ByteLevel", "Metaspace", "Split"}
    return all(step["type"] in known for step in steps)


def _added(tokenizer: Tokenizer) -> list[Any]:
    return list(tokenizer.get_added_tokens_decoder().values())


def _reaches(token: Any, tokenizer: Tokenizer) -> bool:
    """Whether an added token may lie across a seam, or be found or not by what is beyond it."""
    spellings = [token.content]
    if token.normalized and tokenizer.normalizer is not None:
        spellings.append(tokenizer.normalizer.normalize_str(token.content))
    return any(
        _LETTER_SPACE.search(spelling) is not None
        or (token.rstrip and spelling[-1:].isalpha())  # would take the space after a seam's letter
        or (token.single_word and spelling[:1].isspace())  # the letter before it decides
        for spelling in spellings
    )
