"""What the settings of `BertJapaneseTokenizer` ask for. Nothing here needs MeCab or Sudachi."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from isomorph.errors import Unsupported
from isomorph.files.schema import FLAG, OBJECT, TEXT, ListOf, OneOf, Schema, judge, maybe

CLASS = "BertJapaneseTokenizer"
DICTIONARIES = {"ipadic": "ipadic", "unidic_lite": "unidic-lite", "unidic": "unidic"}
"""Dictionaries of MeCab that are Python packages: the name in the settings, and that of the package."""
EDITIONS = ("small", "core", "full")
"""Editions of Sudachi's dictionary, each a Python package."""

_SCHEMA: Schema = {
    "word_tokenizer_type": maybe(OneOf(("basic", "mecab", "sudachi", "jumanpp"))),
    "subword_tokenizer_type": maybe(OneOf(("wordpiece", "character", "sentencepiece"))),
    "do_word_tokenize": maybe(FLAG),
    "do_subword_tokenize": maybe(FLAG),
    "do_lower_case": maybe(FLAG),
    "never_split": maybe(ListOf(TEXT)),
    **dict.fromkeys(("mecab_kwargs", "sudachi_kwargs", "jumanpp_kwargs"), maybe(OBJECT)),
}
_MECAB: Schema = {
    "mecab_dic": maybe(TEXT),
    "mecab_option": maybe(TEXT),
    "normalize_text": maybe(FLAG),
}
_SUDACHI: Schema = {
    "sudachi_split_mode": OneOf(("A", "B", "C")),
    "sudachi_dict_type": OneOf(EDITIONS),
    **dict.fromkeys(
        ("sudachi_config_path", "sudachi_resource_dir", "sudachi_projection"), maybe(TEXT)
    ),
    "normalize_text": maybe(FLAG),
    "trim_whitespace": FLAG,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Japanese:
    """How a Japanese text is split: into MeCab's or Sudachi's words, and those into characters or pieces."""

    finder: str
    """Who finds the words: ``mecab`` or ``sudachi``."""
    dictionary: str
    """The Python package with MeCab's dictionary, such as ``ipadic``, or the edition of Sudachi's."""
    mode: str = ""
    """How long Sudachi's words are: ``A``, the shortest ones, to ``C``."""
    trimmed: bool = False
    """Whether words lose the spaces at their ends, and those of spaces alone are left out."""
    characters: bool
    """Whether words are split into characters; otherwise by WordPiece."""
    normalize: bool
    """Whether a text is brought into the form NFKC before its words are found."""
    lowercase: bool
    """Whether the words that were found become lower case."""
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
        _refuse(values, where)
        finder = str(values["word_tokenizer_type"])
        own = values.get(f"{finder}_kwargs") or {}
        judge(own, _SUDACHI if finder == _OTHER else _MECAB, f"{where} ({finder}_kwargs)")
        _refuse_options(own, where, finder)
        if finder == _OTHER:
            dictionary = own.get("sudachi_dict_type", "core")
        else:
            dictionary = own.get("mecab_dic", "unidic_lite")
        return cls(
            finder=finder,
            dictionary=dictionary,
            mode=own.get("sudachi_split_mode", "A"),
            trimmed=own.get("trim_whitespace", False),
            characters=values.get("subword_tokenizer_type") == "character",
            normalize=own.get("normalize_text", True) is not False,
            lowercase=bool(values.get("do_lower_case")),
            kept=frozenset(values.get("never_split") or ()),
        )


_OTHER = "sudachi"


def _refuse(values: Mapping[str, Any], where: str) -> None:
    words = values.get("word_tokenizer_type") or "basic"
    parts = values.get("subword_tokenizer_type") or "wordpiece"
    no = ""
    if words not in ("mecab", _OTHER):
        no = f"word_tokenizer_type = {words}; words are found with mecab or {_OTHER}"
    elif parts == "sentencepiece":
        no = "subword_tokenizer_type = sentencepiece; words are split by wordpiece or into characters"
    for key in ("do_word_tokenize", "do_subword_tokenize"):
        if values.get(key) is False:
            no = f"{key} = false"
    if no:
        raise Unsupported(f"{where} needs {CLASS} with {no}. Without that the ids would be others.")


def _refuse_options(own: Mapping[str, Any], where: str, finder: str) -> None:
    """A dictionary that is no package lies somewhere on a disk, and an option may name any file there."""
    schema, title = (_SUDACHI, "Sudachi") if finder == _OTHER else (_MECAB, "MeCab")
    unknown = sorted(own.keys() - schema.keys())
    elsewhere = [key for key in _ELSEWHERE if own.get(key)]
    if own.get("sudachi_projection") not in (None, "surface"):
        elsewhere.append("sudachi_projection")
    if finder != _OTHER:
        _refuse_dictionary(own, where)
    if elsewhere or unknown:
        asked = (unknown or elsewhere)[0]
        raise Unsupported(f"{where} sets {asked[:80]} of {title}, which is not done here.")


_ELSEWHERE = ("mecab_option", "sudachi_config_path", "sudachi_resource_dir")


def _refuse_dictionary(mecab: Mapping[str, Any], where: str) -> None:
    name = mecab.get("mecab_dic", "unidic_lite")
    if name not in DICTIONARIES:
        known = ", ".join(DICTIONARIES)
        raise Unsupported(
            f"{where} asks MeCab for the dictionary {str(name)[:80]!r}; known: {known}."
        )
