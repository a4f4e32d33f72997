"""mLUKE's ``sentencepiece.bpe.model``: fairseq's ids, and texts split as sentencepiece itself splits them.

Ri et al. 2022, arXiv:2110.08151. transformers 5 gives the pieces of such a file their places there, which are
not the ids that the published models (GLuCoSE) were trained with.
"""

from __future__ import annotations

from collections.abc import Iterator

from tokenizers import AddedToken, Tokenizer, models

from isomorph.errors import BadModel, Unsupported
from isomorph.preprocess.seams import SEAM
from isomorph.preprocess.special_tokens import SpecialTokens
from isomorph.preprocess.tokenizer_settings import TokenizerSettings
from isomorph.preprocess.vocabulary.best_path import BestPath
from isomorph.preprocess.vocabulary.build import Recipe
from isomorph.preprocess.vocabulary.by_hand import split_by
from isomorph.preprocess.vocabulary.byte_pair import ENTITIES
from isomorph.preprocess.vocabulary.charsmap import CharacterMap
from isomorph.preprocess.vocabulary.sentencepiece import (
    NORMAL,
    USER_DEFINED,
    normal,
    read_unigram,
)
from isomorph.preprocess.vocabulary.unigram import SPACE, XLM_ROBERTA

FILE = "sentencepiece.bpe.model"
_FRONT = ("bos", "pad", "eos", "unk")


class _Words:
    """Splits texts into pieces, with a space in front of each part between special tokens."""

    def __init__(self, charsmap: CharacterMap, pieces: BestPath) -> None:
        self._map, self._pieces = charsmap, pieces

    def __call__(self, text: str, _: bool) -> Iterator[str]:
        spelt = "".join(self._map.cleaned(text, behind_space=True)).rstrip(SPACE)
        if spelt:
            yield from self._pieces.split(SPACE + spelt)

    def head(self, text: str, size: int) -> str | None:
        """Up to a space between two letters, which the path has a border in front of."""
        seam = SEAM.search(text, size) if self._pieces.parts_at_spaces else None
        if seam is None or not self._map.breaks_at(text, seam.start()):
            return None
        return text[: seam.start()]


def _build(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    found = read_unigram(settings.folder, FILE)
    if USER_DEFINED in found.kinds:
        raise Unsupported(f"{FILE} in {settings.folder} has pieces of its author's own.")
    if len(found.pieces) < 4 or NORMAL in found.kinds[:3]:
        raise BadModel(f"{FILE} in {settings.folder} does not begin with three special pieces.")
    try:
        split = _Words(CharacterMap(found.map), BestPath(normal(found)))
    except BadModel as cause:
        raise BadModel(f"{FILE} in {settings.folder}: {cause}.") from cause
    front = [tokens.text(f"{role}_token") for role in _FRONT]
    words = [*front, *(piece for piece, _ in found.pieces[3:]), tokens.text("mask_token")]
    ids = {word: index for index, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token=tokens.text("unk_token")))
    tokenizer.add_tokens([AddedToken(name, special=True) for name in ENTITIES])
    split_by(tokenizer, split, split.head)
    return tokenizer


_MASK = AddedToken("<mask>", lstrip=True, special=True)
MLUKE = Recipe((FILE,), {**XLM_ROBERTA.tokens, "mask_token": _MASK}, _build, XLM_ROBERTA.finish)
