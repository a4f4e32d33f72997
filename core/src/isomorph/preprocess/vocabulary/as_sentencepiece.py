"""Texts split as sentencepiece itself splits them, for classes that call that library.

Kudo and Richardson 2018, arXiv:1808.06226.
"""

from __future__ import annotations

from collections.abc import Iterator

from isomorph.errors import BadModel, Unsupported
from isomorph.preprocess.seams import SEAM
from isomorph.preprocess.tokenizer_settings import TokenizerSettings
from isomorph.preprocess.vocabulary.best_path import BestPath
from isomorph.preprocess.vocabulary.charsmap import CharacterMap
from isomorph.preprocess.vocabulary.joined_pairs import JoinedPairs
from isomorph.preprocess.vocabulary.sentencepiece import (
    PAIRS,
    UNUSED,
    USER_DEFINED,
    SentencePieces,
    normal,
)
from isomorph.preprocess.vocabulary.unigram import SPACE


class AsSentencepiece:
    """Splits texts into pieces, with a space in front of each part between special tokens."""

    def __init__(self, charsmap: CharacterMap, pieces: BestPath | JoinedPairs) -> None:
        self._map, self._pieces = charsmap, pieces

    def __call__(self, text: str, _: bool = True) -> Iterator[str]:
        """The pieces of a text."""
        spelt = "".join(self._map.cleaned(text, behind_space=True)).rstrip(SPACE)
        if spelt:
            yield from self._pieces.split(SPACE + spelt)

    def head(self, text: str, size: int) -> str | None:
        """Up to a space between two letters, which every way has a border in front of."""
        seam = SEAM.search(text, size) if self._pieces.parts_at_spaces else None
        if seam is None or not self._map.breaks_at(text, seam.start()):
            return None
        return text[: seam.start()]


def as_sentencepiece(
    settings: TokenizerSettings, file: str, found: SentencePieces
) -> AsSentencepiece:
    """How a sentencepiece file splits texts.

    Raises:
        BadModel: the file is damaged.
        Unsupported: it has pieces that are found or left out in a way that is not done here.
    """
    if USER_DEFINED in found.kinds:
        raise Unsupported(f"{file} in {settings.folder} has pieces of its author's own.")
    if found.algorithm == PAIRS and UNUSED in found.kinds:
        raise Unsupported(f"{file} in {settings.folder} has byte pairs that no text gets.")
    try:
        split = JoinedPairs if found.algorithm == PAIRS else BestPath
        return AsSentencepiece(CharacterMap(found.map), split(normal(found)))
    except BadModel as cause:
        raise BadModel(f"{file} in {settings.folder}: {cause}.") from cause
