"""A sentencepiece file alone, for classes that frame texts as BERT does: RemBERT's, BigBird's and FNet's."""

from __future__ import annotations

from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers

from isomorph.preprocess.special_tokens import SpecialTokens
from isomorph.preprocess.tokenizer_settings import TokenizerSettings
from isomorph.preprocess.vocabulary.build import Recipe, plain
from isomorph.preprocess.vocabulary.sentencepiece import read_unigram
from isomorph.preprocess.vocabulary.unfollowed import tell
from isomorph.preprocess.vocabulary.unigram import (
    CLS_AND_SEP,
    OF_BERT,
    SPACE,
    Steps,
    mapped,
    unigram_of,
)

REMBERT_FILE, BIG_BIRD_FILE, FNET_FILE = "sentencepiece.model", "spiece.model", "spiece.model"
_COMMA = 100.0
"""How much worse a piece is that ends with a number and a comma."""


def _rembert(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    """The unknown piece is the file's; transformers' class takes the one with the id 2."""
    found = read_unigram(settings.folder, REMBERT_FILE)
    steps: Steps = [
        normalizers.Replace("``", '"'),
        normalizers.Replace("''", '"'),
        normalizers.Replace(Regex(" {2,}"), " "),
    ]
    if not settings.flag("keep_accents", True):
        steps += [normalizers.NFKD(), normalizers.StripAccents()]
    if settings.flag("do_lower_case", False):
        steps.append(normalizers.Lowercase())
    tokenizer = unigram_of(found.pieces, found.unknown, found, [*steps, *mapped(found)])
    tokenizer.pre_tokenizer = _marked_words(settings)
    return tokenizer


def _big_bird(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    found = read_unigram(settings.folder, BIG_BIRD_FILE)
    tell(settings, BIG_BIRD_FILE, {"a map of characters": bool(found.map)})
    steps: Steps = [normalizers.Replace(Regex(" {2,}"), SPACE)]
    tokenizer = unigram_of(found.pieces, found.unknown, found, steps)
    tokenizer.pre_tokenizer = _marked_words(settings)
    return tokenizer


def _fnet(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    """As transformers' converter, which made the published ``tokenizer.json``, and letters as they are.

    The class of transformers 5 loses the special tokens of such a file, and cleans texts as ALBERT's.
    """
    found = read_unigram(settings.folder, FNET_FILE)
    pieces = [(piece, score - _COMMA * _numbered(piece)) for piece, score in found.pieces]
    steps: Steps = [normalizers.Replace("``", '"'), normalizers.Replace("''", '"')]
    if not settings.flag("keep_accents", True):
        steps += [normalizers.NFKD(), normalizers.StripAccents()]
    if settings.flag("do_lower_case", False):
        steps.append(normalizers.Lowercase())
    steps += [*mapped(found), normalizers.Replace(Regex(" {2,}"), " ")]
    tokenizer = unigram_of(pieces, found.unknown, found, steps)
    tokenizer.pre_tokenizer = _marked_words(settings)
    return tokenizer


def _numbered(piece: str) -> bool:
    return len(piece) > 1 and piece[-1] == "," and piece[-2].isdigit()


def _marked_words(settings: TokenizerSettings) -> pre_tokenizers.PreTokenizer:
    scheme = "always" if settings.flag("add_prefix_space", True) else "never"
    return pre_tokenizers.Metaspace(SPACE, scheme)


REMBERT = Recipe(
    (REMBERT_FILE,), plain(**OF_BERT, unk_token="<unk>", pad_token="<pad>"), _rembert, CLS_AND_SEP
)
FNET = Recipe(
    (FNET_FILE,), plain(**OF_BERT, unk_token="<unk>", pad_token="<pad>"), _fnet, CLS_AND_SEP
)
BIG_BIRD = Recipe(
    (BIG_BIRD_FILE,),
    {
        **plain(
            bos_token="<s>",
            eos_token="</s>",
            unk_token="<unk>",
            sep_token="[SEP]",
            pad_token="<pad>",
            cls_token="[CLS]",
        ),
        "mask_token": AddedToken("[MASK]", lstrip=True, special=True),
    },
    _big_bird,
    CLS_AND_SEP,
)
