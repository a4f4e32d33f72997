"""mLUKE's ``sentencepiece.bpe.model``: fairseq's ids, and texts split as sentencepiece itself splits them.

Ri et al. 2022, arXiv:2110.08151. transformers 5 gives the pieces of such a file their places there, which are
not the ids that the published models (GLuCoSE) were trained with.
"""

from __future__ import annotations

from tokenizers import AddedToken, Tokenizer, models

from isomorph.errors import BadModel
from isomorph.preprocess.special_tokens import SpecialTokens
from isomorph.preprocess.tokenizer_settings import TokenizerSettings
from isomorph.preprocess.vocabulary.as_sentencepiece import as_sentencepiece
from isomorph.preprocess.vocabulary.build import Recipe
from isomorph.preprocess.vocabulary.by_hand import split_by
from isomorph.preprocess.vocabulary.byte_pair import ENTITIES
from isomorph.preprocess.vocabulary.sentencepiece import NORMAL, read_unigram
from isomorph.preprocess.vocabulary.unigram import XLM_ROBERTA

FILE = "sentencepiece.bpe.model"
_FRONT = ("bos", "pad", "eos", "unk")


def _build(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    found = read_unigram(settings.folder, FILE)
    if len(found.pieces) < 4 or NORMAL in found.kinds[:3]:
        raise BadModel(f"{FILE} in {settings.folder} does not begin with three special pieces.")
    split = as_sentencepiece(settings, FILE, found)
    front = [tokens.text(f"{role}_token") for role in _FRONT]
    words = [*front, *(piece for piece, _ in found.pieces[3:]), tokens.text("mask_token")]
    ids = {word: index for index, word in enumerate(words)}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token=tokens.text("unk_token")))
    tokenizer.add_tokens([AddedToken(name, special=True) for name in ENTITIES])
    split_by(tokenizer, split, split.head)
    return tokenizer


_MASK = AddedToken("<mask>", lstrip=True, special=True)
MLUKE = Recipe((FILE,), {**XLM_ROBERTA.tokens, "mask_token": _MASK}, _build, XLM_ROBERTA.finish)
