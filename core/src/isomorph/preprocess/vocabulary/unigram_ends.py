"""A sentencepiece file alone, for classes whose special tokens stand behind a text: Pegasus' and XLNet's."""

from __future__ import annotations

from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers, processors

from isomorph.errors import BadModel
from isomorph.preprocess.special_tokens import SpecialTokens
from isomorph.preprocess.tokenizer_settings import TokenizerSettings
from isomorph.preprocess.vocabulary.build import Recipe, plain
from isomorph.preprocess.vocabulary.sentencepiece import read_unigram
from isomorph.preprocess.vocabulary.unigram import SPACE, Steps, mapped, split, unigram_of

FILE = "spiece.model"
_OFFSET = 103
_OF_TASKS = 2
"""Pieces that Pegasus' files begin with, which stand before the tokens of its training."""
_LEAST = -100.0
"""The score of tokens that no text is split into."""
_ONE_SPACE = normalizers.Replace(Regex(" {2,}"), " ")


def _pegasus(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    """Two masks and the numbered unknown tokens stand between the file's first two pieces and the others."""
    found = read_unigram(settings.folder, FILE)
    offset = settings.count("offset", _OFFSET)
    unknown = [name for name, _ in found.pieces].index(found.pieces[found.unknown][0])
    if len(found.pieces) <= _OF_TASKS or unknown < _OF_TASKS or offset < _OF_TASKS:
        raise BadModel(
            f"{FILE} in {settings.folder} does not begin with two special pieces, or offset is below two."
        )
    masks = [tokens.text(role) for role in ("mask_token_sent", "mask_token")]
    front = [(tokens.text(role), 0.0) for role in ("pad_token", "eos_token")]
    front += [(mask, 0.0) for mask in masks]
    numbered = [f"<unk_{number}>" for number in range(2, offset)]
    front += [(name, _LEAST) for name in numbered]
    steps = mapped(found) or [normalizers.Replace("\n", " ")]
    pieces = [*front, *found.pieces[_OF_TASKS:]]
    unknown += len(front) - _OF_TASKS
    tokenizer = unigram_of(pieces, unknown, found, [*steps, _ONE_SPACE])
    tokenizer.add_tokens([AddedToken(name, special=True) for name in numbered])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(SPACE, "always")
    return tokenizer


def _xlnet(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    """Marks are taken from letters whatever ``keep_accents`` says, as transformers' class does it."""
    found = read_unigram(settings.folder, FILE)
    steps: Steps = [normalizers.Replace("``", '"'), normalizers.Replace("''", '"')]
    steps += [normalizers.NFKD(), normalizers.StripAccents()]
    if settings.flag("do_lower_case", False):
        steps.append(normalizers.Lowercase())
    tokenizer = unigram_of(found.pieces, found.unknown, found, [*steps, *mapped(found)])
    tokenizer.pre_tokenizer = split("always")
    return tokenizer


def _ended(settings: TokenizerSettings, tokens: SpecialTokens, tokenizer: Tokenizer) -> None:
    """The end token behind a text, or behind a pair."""
    eos = tokens.numbered("eos_token", tokenizer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=["$A", eos[0]], pair=["$A", "$B", eos[0]], special_tokens=[eos]
    )


def _classed(settings: TokenizerSettings, tokens: SpecialTokens, tokenizer: Tokenizer) -> None:
    """A separator behind each text, and the token of classes, of a type of its own, behind all."""
    sep, cls = (tokens.numbered(role, tokenizer) for role in ("sep_token", "cls_token"))
    last = f"{cls[0]}:2"
    tokenizer.post_processor = processors.TemplateProcessing(
        single=["$A:0", f"{sep[0]}:0", last],
        pair=["$A:0", f"{sep[0]}:0", "$B:1", f"{sep[0]}:1", last],
        special_tokens=[sep, cls],
    )


PEGASUS = Recipe(
    (FILE,),
    plain(
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        mask_token="<mask_2>",
        mask_token_sent="<mask_1>",
    ),
    _pegasus,
    _ended,
)
XLNET = Recipe(
    (FILE,),
    {
        **plain(
            bos_token="<s>",
            eos_token="</s>",
            unk_token="<unk>",
            sep_token="<sep>",
            pad_token="<pad>",
            cls_token="<cls>",
        ),
        "mask_token": AddedToken("<mask>", lstrip=True, special=True),
    },
    _xlnet,
    _classed,
)
