"""ByT5's tokens, which are bytes: no vocabulary file says that.

Xue et al. 2021, arXiv:2105.13626.
"""

from __future__ import annotations

from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

from isomorph.preprocess.special_tokens import SpecialTokens
from isomorph.preprocess.tokenizer_settings import TokenizerSettings
from isomorph.preprocess.vocabulary.build import Recipe
from isomorph.preprocess.vocabulary.unigram import framed

_ROLES = ("pad_token", "eos_token", "unk_token")
_SENTINELS = 125
_ITSELF = (*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100))
"""Bytes that the tokenizers library writes as the character of the same number; the others follow 255."""


def spelt() -> dict[int, str]:
    """The character that stands for each byte behind `pre_tokenizers.ByteLevel`."""
    others = (byte for byte in range(256) if byte not in _ITSELF)
    moved = {byte: chr(256 + index) for index, byte in enumerate(others)}
    return {**{byte: chr(byte) for byte in _ITSELF}, **moved}


def _build(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    ids = {tokens.text(role): index for index, role in enumerate(_ROLES)}
    ids |= {letter: byte + len(_ROLES) for byte, letter in spelt().items()}
    tokenizer = Tokenizer(models.BPE(vocab=ids, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    if not tokens.more:
        count = settings.count("extra_ids", _SENTINELS)
        tokenizer.add_tokens([AddedToken(f"<extra_id_{i}>", special=True) for i in range(count)])
    return tokenizer


def _alone(token: str) -> AddedToken:
    return AddedToken(token, lstrip=True, rstrip=True, special=True)


BYT5 = Recipe(
    (),
    dict(zip(_ROLES, map(_alone, ("<pad>", "</s>", "<unk>")), strict=True)),
    _build,
    framed("", "eos_token", [], 0),
    alone=True,
)
