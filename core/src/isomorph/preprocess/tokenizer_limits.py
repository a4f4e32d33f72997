"""What the files of a tokenizer may ask for.

A vocabulary is data from strangers, and a few bytes of it can ask for all memory or for hours. All limits
stand here and in `isomorph.preprocess.regexes`, far above what is published.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from tokenizers import Tokenizer

from isomorph.errors import BadModel
from isomorph.preprocess.regexes import TooMuch, read_regex
from isomorph.preprocess.seams import flat
from isomorph.preprocess.vocabulary.by_hand import is_by_hand

VOCABULARY_BYTES = 256 << 20
"""Bytes of a vocabulary file or of ``tokenizer.json``; the largest that people publish have some 30 MB."""
VOCABULARY_SIZE = 1 << 22
"""Tokens of a vocabulary; the largest that people publish has some 500,000."""
ADDED_TOKENS = 1 << 16
"""Tokens beside the vocabulary; the most that people publish are some 30,000."""
AROUND_A_TEXT = 64
"""Special tokens that are put around a text."""
STEPS = 64
"""Steps of a normaliser or of a pre-tokenizer."""
CONTENT = 128
"""Characters that a normaliser puts in the place of others, or in front of a text."""
GROWTH = 4096
"""Characters that the steps of a normaliser together may make of one."""
WORD = 1024
"""Characters of a word that WordPiece looks at, whose work grows with their third power; published: 100."""

_UNICODE = {"NFKC": 18, "NFKD": 18, "NFC": 3, "NFD": 4, "Lowercase": 2, "BertNormalizer": 12}
"""Characters into which one goes at most, by step; of those that are not named, one."""
_MAP_HEAD = 4


def check_limits(tokenizer: Tokenizer, where: str) -> None:
    """Refuses a tokenizer that can take memory or time out of all proportion to a text.

    Raises:
        BadModel: it asks for more than one of the limits here; says which.
    """
    try:
        _check_steps(tokenizer)
        _check_model(tokenizer.model)
        if len(tokenizer.get_added_tokens_decoder()) > ADDED_TOKENS:
            raise TooMuch(f"has more than {ADDED_TOKENS:,} added tokens")
        for step in _steps(tokenizer.post_processor, "processors"):
            if step["type"] == "TemplateProcessing":
                _check_template(step)
        around = len(tokenizer.encode("").ids)
        if around > AROUND_A_TEXT:
            raise TooMuch(f"puts {around:,} special tokens around a text, over {AROUND_A_TEXT}")
    except TooMuch as cause:
        raise BadModel(f"The tokenizer in {where} {cause}.") from cause


def _check_steps(tokenizer: Tokenizer) -> None:
    growth = 1.0
    for step in _steps(tokenizer.normalizer, "normalizers"):
        growth *= _growth(step)
    if growth > GROWTH:
        raise TooMuch(
            f"has a normaliser that makes {growth:,.0f} characters of one, over {GROWTH:,}"
        )
    for step in _steps(tokenizer.pre_tokenizer, "pretokenizers"):
        regex = step.get("pattern", {}).get("Regex") if step["type"] == "Split" else None
        if regex is not None:
            _checked(regex)


def _check_template(step: Mapping[str, Any]) -> None:
    """Each text must stand once: what repeats or leaves out a text cannot be done in pieces."""
    for name, wanted in (("single", ["A"]), ("pair", ["A", "B"])):
        texts = [part["Sequence"]["id"] for part in step[name] if "Sequence" in part]
        if sorted(texts) != wanted and (step[name] or name == "single"):
            found = " ".join(texts[:4]) or "no text"
            raise TooMuch(f"puts {found} where {' and '.join(wanted)} must stand once ({name})")


def _check_model(model: Any) -> None:
    word = getattr(model, "max_input_chars_per_word", 0)
    if word > WORD:
        raise TooMuch(f"looks at words of {word:,} characters, over {WORD:,}")
    for name in ("continuing_subword_prefix", "end_of_word_suffix"):
        if len(getattr(model, name, None) or "") > CONTENT:
            raise TooMuch(f"has a {name} of more than {CONTENT} characters")


def _steps(part: Any, inner: str) -> list[Mapping[str, Any]]:
    if part is None or is_by_hand(part):
        return []
    found = list(flat(json.loads(part.__getstate__()), inner))
    if len(found) > STEPS:
        raise TooMuch(f"has {len(found):,} {inner}, over {STEPS}")
    return found


def _growth(step: Mapping[str, Any]) -> float:
    """How many characters a step of a normaliser makes of one at most."""
    kind = step["type"]
    if kind == "Precompiled":
        return _longest_of_map(base64.b64decode(step["precompiled_charsmap"]))
    content = step.get("content", "") if kind == "Replace" else step.get("prepend", "")
    if len(content) > CONTENT:
        raise TooMuch(f"has a normaliser that writes {len(content):,} characters, over {CONTENT}")
    if kind != "Replace":
        return _UNICODE.get(kind, 1)
    plain, regex = step["pattern"].get("String"), step["pattern"].get("Regex")
    shortest = len(plain) if plain is not None else _checked(regex)
    return max(1.0, len(content) / shortest) if shortest else 1.0 + len(content)


def _checked(regex: str) -> int:
    """The shortest match of an expression."""
    try:
        return read_regex(regex).shortest
    except TooMuch as cause:
        raise TooMuch(f"has the regular expression {regex[:80]!r}, which {cause}") from cause


def _longest_of_map(charsmap: bytes) -> int:
    """The longest text that a map of characters puts in the place of another: they lie behind its index."""
    texts = charsmap[_MAP_HEAD + int.from_bytes(charsmap[:_MAP_HEAD], "little") :]
    longest = max(map(len, texts.split(b"\0")), default=0)
    if longest > CONTENT:
        raise TooMuch(f"has a map of characters that writes {longest:,} bytes, over {CONTENT}")
    return max(1, longest)
