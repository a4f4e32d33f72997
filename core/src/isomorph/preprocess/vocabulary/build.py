"""A tokenizer from the vocabulary files of a folder, put together as its class does it in transformers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tokenizers import AddedToken, Tokenizer, processors

from isomorph.preprocess.special_tokens import SpecialTokens
from isomorph.preprocess.tokenizer_settings import TokenizerSettings

Build = Callable[[TokenizerSettings, SpecialTokens], Tokenizer]
Finish = Callable[[TokenizerSettings, SpecialTokens, Tokenizer], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a class of tokenizers is put together.

    `files` are what it reads, `tokens` its special tokens by role where no file names others. `build`
    makes the tokenizer; when all special tokens have ids, `finish` puts them around a text. A class that
    reads its files `alone` passes over a ``tokenizer.json`` beside them.
    """

    files: tuple[str, ...]
    tokens: Mapping[str, AddedToken]
    build: Build
    finish: Finish
    alone: bool = False


def plain(**tokens: str) -> Mapping[str, AddedToken]:
    """Special tokens by role, with the flags that transformers gives to a bare text."""
    return MappingProxyType({role: AddedToken(text, special=True) for role, text in tokens.items()})


def roberta_frame(settings: TokenizerSettings, tokens: SpecialTokens, tokenizer: Tokenizer) -> None:
    """Puts RoBERTa's begin and end tokens around a text, and two of the latter between a pair."""
    tokenizer.post_processor = processors.RobertaProcessing(
        tokens.numbered("sep_token", tokenizer),
        tokens.numbered("cls_token", tokenizer),
        trim_offsets=True,
        add_prefix_space=False,
    )
