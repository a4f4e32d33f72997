"""A sentencepiece file alone: which ids its pieces have, and what is around them, for each class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

from isomorph.errors import BadModel
from isomorph.preprocess.special_tokens import SpecialTokens
from isomorph.preprocess.tokenizer_settings import TokenizerSettings
from isomorph.preprocess.vocabulary.build import Recipe, plain
from isomorph.preprocess.vocabulary.marked import mark
from isomorph.preprocess.vocabulary.sentencepiece import SentencePieces, read_unigram

Scored = tuple[str, float]
Steps = list[normalizers.Normalizer]
SPACE = "▁"
"""What stands for a space in the pieces."""


def unigram_of(
    vocabulary: Sequence[Scored], unknown: int, found: SentencePieces, steps: Steps
) -> Tokenizer:
    """A tokenizer of pieces with scores behind `steps`; the marked pieces of the file are found first."""
    tokenizer = Tokenizer(models.Unigram(list(vocabulary), unknown, byte_fallback=False))
    if steps:
        tokenizer.normalizer = steps[0] if len(steps) == 1 else normalizers.Sequence(steps)
    mark(tokenizer, found)
    return tokenizer


def mapped(found: SentencePieces) -> Steps:
    """The file's map of characters, where it has one."""
    return [normalizers.Precompiled(found.map)] if found.map else []


def words(settings: TokenizerSettings) -> pre_tokenizers.PreTokenizer:
    """Splits at white space, and marks where words begin."""
    return split("always" if settings.flag("add_prefix_space", True) else "never")


def split(scheme: Literal["always", "never"]) -> pre_tokenizers.PreTokenizer:
    """Splits at white space, and marks where words begin: "always", or "never" the first one of a text."""
    return pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(SPACE, scheme)]
    )


def _xlm_roberta(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    """fairseq's order of the special tokens in front, in place of sentencepiece's own three."""
    found = read_unigram(settings.folder, "sentencepiece.bpe.model")
    if len(found.pieces) < 4 or 1 in found.kinds[:3]:
        raise BadModel(
            f"sentencepiece.bpe.model in {settings.folder} does not begin with three special pieces."
        )
    front = [(tokens.text(f"{role}_token"), 0.0) for role in ("bos", "pad", "eos", "unk")]
    vocabulary = [*front, *found.pieces[3:], (tokens.text("mask_token"), 0.0)]
    tokenizer = unigram_of(vocabulary, 3, found, mapped(found))
    tokenizer.pre_tokenizer = words(settings)
    return tokenizer


def _camembert(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    found = read_unigram(settings.folder, "sentencepiece.bpe.model")
    front = [
        ("<s>NOTUSED", 0.0),
        (tokens.text("pad_token"), 0.0),
        ("</s>NOTUSED", 0.0),
        (tokens.text("unk_token"), 0.0),
        ("<unk>NOTUSED", -100.0),
    ]
    vocabulary = [*front, *found.pieces[1:], (tokens.text("mask_token"), 0.0)]
    tokenizer = unigram_of(vocabulary, 3, found, mapped(found))
    tokenizer.pre_tokenizer = words(settings)
    return tokenizer


def _albert(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    found = read_unigram(settings.folder, "spiece.model")
    steps: Steps = [normalizers.Replace("``", '"'), normalizers.Replace("''", '"')]
    if not settings.flag("keep_accents", False):
        steps += [normalizers.NFKD(), normalizers.StripAccents()]
    if settings.flag("do_lower_case", True):
        steps.append(normalizers.Lowercase())
    tokenizer = unigram_of(found.pieces, 1, found, [*steps, *mapped(found)])
    tokenizer.pre_tokenizer = words(settings)
    return tokenizer


def _t5(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    found = read_unigram(settings.folder, "spiece.model")
    extra = [f"<extra_id_{i}>" for i in range(settings.count("extra_ids", 100))]
    vocabulary = [*found.pieces, *((token, 0.0) for token in reversed(extra))]
    tokenizer = unigram_of(vocabulary, 2, found, mapped(found))
    tokenizer.add_tokens([AddedToken(token, special=True) for token in extra])
    tokenizer.pre_tokenizer = split("always")
    return tokenizer


def _deberta(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    """With the file's map of characters, which transformers' class leaves out and its converter does not."""
    found = read_unigram(settings.folder, "spm.model")
    steps: Steps = [normalizers.Lowercase()] if settings.flag("do_lower_case", False) else []
    steps += [normalizers.Strip(), *mapped(found), normalizers.Replace(Regex(" {2,}"), " ")]
    places = [i for i, piece in enumerate(found.pieces) if piece[0] == tokens.text("unk_token")]
    tokenizer = unigram_of(found.pieces, (places or [found.unknown])[0], found, steps)
    splits: list[pre_tokenizers.PreTokenizer] = []
    if settings.flag("split_by_punct", False):
        splits.append(pre_tokenizers.Punctuation("isolated"))
    scheme = "always" if settings.flag("add_prefix_space", True) else "first"
    splits.append(pre_tokenizers.Metaspace(SPACE, scheme))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(splits)
    return tokenizer


def framed(
    begin: str, end: str, between: Sequence[str], second: int
) -> Callable[[TokenizerSettings, SpecialTokens, Tokenizer], None]:
    """Puts the tokens of two roles around a text, and around each of a pair; "" is no role."""

    def finish(settings: TokenizerSettings, tokens: SpecialTokens, tokenizer: Tokenizer) -> None:
        roles = {role: tokens.numbered(role, tokenizer) for role in {begin, end, *between} - {""}}
        first, last = ([roles[role][0]] if role else [] for role in (begin, end))
        middle = [roles[role][0] for role in between]
        one = [f"{token}:0" for token in (*first, "$A", *last)]
        two = [f"{token}:{second}" for token in ("$B", *last)]
        tokenizer.post_processor = processors.TemplateProcessing(
            single=one,
            pair=[*one, *(f"{token}:0" for token in middle), *two],
            special_tokens=sorted(set(roles.values())),
        )

    return finish


FAIRSEQ = {
    "bos_token": "<s>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "cls_token": "<s>",
    "unk_token": "<unk>",
    "pad_token": "<pad>",
}
"""fairseq's special tokens by role, without the mask."""
OF_BERT = {
    "bos_token": "[CLS]",
    "eos_token": "[SEP]",
    "sep_token": "[SEP]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
}
"""BERT's special tokens by role, without those for padding and for what is unknown."""
_TWO_ENDS = framed("bos_token", "eos_token", ["eos_token"], 0)
CLS_AND_SEP = framed("cls_token", "sep_token", [], 1)
"""Puts BERT's tokens around a text, and calls the second of a pair by another type."""

XLM_ROBERTA = Recipe(
    ("sentencepiece.bpe.model",), plain(**FAIRSEQ, mask_token="<mask>"), _xlm_roberta, _TWO_ENDS
)
CAMEMBERT = Recipe(
    ("sentencepiece.bpe.model",),
    {**plain(**FAIRSEQ), "mask_token": AddedToken("<mask>", lstrip=True, special=True)},
    _camembert,
    _TWO_ENDS,
)
ALBERT = Recipe(
    ("spiece.model",),
    plain(**OF_BERT, unk_token="<unk>", pad_token="<pad>"),
    _albert,
    CLS_AND_SEP,
)
T5 = Recipe(
    ("spiece.model",),
    plain(eos_token="</s>", unk_token="<unk>", pad_token="<pad>"),
    _t5,
    framed("", "eos_token", [], 0),
)
DEBERTA_V2 = Recipe(
    ("spm.model",), plain(**OF_BERT, unk_token="[UNK]", pad_token="[PAD]"), _deberta, CLS_AND_SEP
)
