"""What the settings of `BertJapaneseTokenizer` ask for. Nothing here needs MeCab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from isomorph.errors import Unsupported
from isomorph.files.schema import FLAG, OBJECT, TEXT, ListOf, OneOf, Schema, judge, maybe

CLASS = "BertJapaneseTokenizer"
DICTIONARIES = {"ipadic": "ipadic", "unidic_lite": "unidic-lite", "unidic": "unidic"}
"""Dictionaries of MeCab that are Python packages: the name in the settings, and that of the package."""

_SCHEMA: Schema = {
    "word_tokenizer_type": maybe(OneOf(("basic", "mecab", "sudachi", "jumanpp"))),
    "subword_tokenizer_type": maybe(OneOf(("wordpiece", "character", "sentencepiece"))),
    "do_word_tokenize": maybe(FLAG),
    "do_subword_tokenize": maybe(FLAG),
    "do_lower_case": maybe(FLAG),
    "never_split": maybe(ListOf(TEXT)),
    "mecab_kwargs": maybe(OBJECT),
}
_MECAB: Schema = {
    "mecab_dic": maybe(TEXT),
    "mecab_option": maybe(TEXT),
    "normalize_text": maybe(FLAG),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Japanese:
    """How a Japanese text is split: into MeCab's words, and those into characters or pieces."""

    dictionary: str
    """The Python package with MeCab's dictionary, such as ``ipadic``."""
    characters: bool
    """Whether words are split into characters; otherwise by WordPiece."""
    normalize: bool
    """Whether a text is brought into the form NFKC before MeCab sees it."""
    lowercase: bool
    """Whether words become lower case behind MeCab."""
    kept: frozenset[str]
    """Words that do not."""

    @classmethod
    def of(cls, values: Mapping[str, Any], where: str) -> Japanese:
        """What the settings of a folder say.

        Raises:
            BadModel: a setting is not of its kind.
            Unsupported: it asks for what is not done here.
        """
        judge(values, _SCHEMA, where)
        mecab = values.get("mecab_kwargs") or {}
        judge(mecab, _MECAB, f"{where} (mecab_kwargs)")
        _refuse(values, where)
        _refuse_options(mecab, where)
        return cls(
            dictionary=mecab.get("mecab_dic", "unidic_lite"),
            characters=values.get("subword_tokenizer_type") == "character",
            normalize=mecab.get("normalize_text", True) is not False,
            lowercase=bool(values.get("do_lower_case")),
            kept=frozenset(values.get("never_split") or ()),
        )


def _refuse(values: Mapping[str, Any], where: str) -> None:
    words = values.get("word_tokenizer_type") or "basic"
    parts = values.get("subword_tokenizer_type") or "wordpiece"
    no = ""
    if words != "mecab":
        no = f"word_tokenizer_type = {words}; words are found with mecab alone"
    elif parts == "sentencepiece":
        no = "subword_tokenizer_type = sentencepiece; words are split by wordpiece or into characters"
    for key in ("do_word_tokenize", "do_subword_tokenize"):
        if values.get(key) is False:
            no = f"{key} = false"
    if no:
        raise Unsupported(f"{where} needs {CLASS} with {no}. Without that the ids would be others.")


def _refuse_options(mecab: Mapping[str, Any], where: str) -> None:
    """A dictionary that is no package lies somewhere on a disk, and an option of MeCab may name any file."""
    name = mecab.get("mecab_dic", "unidic_lite")
    if name not in DICTIONARIES:
        known = ", ".join(DICTIONARIES)
        raise Unsupported(
            f"{where} asks MeCab for the dictionary {str(name)[:80]!r}; known: {known}."
        )
    unknown = sorted(mecab.keys() - _MECAB.keys())
    if mecab.get("mecab_option") or unknown:
        asked = unknown[0] if unknown else "mecab_option"
        raise Unsupported(f"{where} sets {asked[:80]} of MeCab, which is not done here.")
