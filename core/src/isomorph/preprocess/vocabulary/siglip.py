"""SigLIP's ``spiece.model``: lower case, no punctuation, then sentencepiece without its space in front.

Zhai et al. 2023, arXiv:2303.15343. A text begins with ``▁``; a part behind a special token does not.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator
from itertools import islice

from tokenizers import AddedToken, Tokenizer, models

from isomorph.errors import BadModel, Unsupported
from isomorph.preprocess.seams import SEAM
from isomorph.preprocess.special_tokens import SpecialTokens
from isomorph.preprocess.tokenizer_settings import TokenizerSettings
from isomorph.preprocess.vocabulary.best_path import BestPath
from isomorph.preprocess.vocabulary.build import Recipe
from isomorph.preprocess.vocabulary.by_hand import split_by
from isomorph.preprocess.vocabulary.charsmap import CharacterMap
from isomorph.preprocess.vocabulary.sentencepiece import (
    USER_DEFINED,
    normal,
    read_unigram,
)
from isomorph.preprocess.vocabulary.unigram import SPACE, framed

FILE = "spiece.model"
_PUNCTUATION = str.maketrans("", "", string.punctuation)
_BEHIND = 256
"""Characters behind a beginning that are looked at: more than an entry of a map has."""
_SPACES = re.compile(r"\s+")


class _Canonical:
    """Splits texts behind the letters of the unknown token, which get the space in front, and drops these."""

    def __init__(self, found: CharacterMap, pieces: BestPath, front: str, lowercase: bool) -> None:
        self._map, self._pieces, self._lowercase = found, pieces, lowercase
        self._front = SPACE + front
        self._dropped = len(list(pieces.split(self._front)))

    def __call__(self, text: str, first: bool) -> Iterator[str]:
        """The pieces of a text."""
        spelt = "".join(self._map.cleaned(self._plain(text, first), behind_space=False))
        yield from islice(
            self._pieces.split((self._front + spelt).rstrip(SPACE)), self._dropped, None
        )

    def head(self, text: str, size: int) -> str | None:
        """Up to a space between two letters, which the path has a border in front of."""
        seam = SEAM.search(text, size) if self._pieces.parts_at_spaces else None
        if seam is None:
            return None
        end = seam.start()
        first, more = self._plain(text[:end], True), self._plain(text[: end + _BEHIND], True)
        followed = more.startswith(first + " ")
        return text[:end] if followed and self._map.breaks_at(more, len(first)) else None

    def _plain(self, text: str, first: bool) -> str:
        """The text as the map of characters gets it."""
        text = (SPACE if first else "") + text.replace(SPACE, " ")
        text = (text.lower() if self._lowercase else text).translate(_PUNCTUATION)
        return _SPACES.sub(" ", text).strip()


def _build(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    found = read_unigram(settings.folder, FILE)
    lowercase = settings.flag("do_lower_case", True)
    try:
        charsmap, pieces = CharacterMap(found.map), BestPath(normal(found))
    except BadModel as cause:
        raise BadModel(f"{FILE} in {settings.folder}: {cause}.") from cause
    canonical = _Canonical(charsmap, pieces, tokens.text("unk_token"), lowercase)
    if USER_DEFINED in found.kinds:
        raise Unsupported(
            f"{FILE} in {settings.folder} has pieces of its author, which are not found here."
        )
    ids = {piece: index for index, (piece, _) in enumerate(found.pieces)}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token=found.pieces[found.unknown][0]))
    split_by(tokenizer, canonical, canonical.head)
    return tokenizer


def _alone(token: str) -> AddedToken:
    return AddedToken(token, lstrip=True, rstrip=True, normalized=False, special=True)


SIGLIP = Recipe(
    (FILE,),
    {"eos_token": _alone("</s>"), "unk_token": _alone("<unk>"), "pad_token": _alone("</s>")},
    _build,
    framed("", "eos_token", [], 0),
    alone=True,
)
