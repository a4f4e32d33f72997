"""``vocab.json`` and ``merges.txt``: byte pairs over bytes, as GPT-2, RoBERTa, Qwen 2 and CLIP use them."""

from __future__ import annotations

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
from isomorph.preprocess.frame import bos_and_eos
from isomorph.preprocess.special_tokens import SpecialTokens
from isomorph.preprocess.tokenizer_limits import VOCABULARY_BYTES
from isomorph.preprocess.tokenizer_settings import TokenizerSettings, read_object
from isomorph.preprocess.vocabulary.build import Recipe, plain, roberta_frame

VOCABULARY, MERGES = "vocab.json", "merges.txt"
ENTITIES = ("<ent>", "<ent2>")
"""Tokens that LUKE's classes have behind all others."""

_WORD_END = "</w>"
_CLIP = (
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
)
_QWEN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)


def ids_of(settings: TokenizerSettings) -> dict[str, int]:
    """What ``vocab.json`` says.

    Raises:
        BadModel: the file is damaged, or does not map tokens to ids.
    """
    vocabulary = read_object(settings.folder, VOCABULARY)
    sound = all(type(n) is int and 0 <= n < 1 << 32 for n in vocabulary.values())
    if not vocabulary or not sound:
        raise BadModel(f"{VOCABULARY} in {settings.folder} does not map tokens to ids.")
    return vocabulary


def _merges(settings: TokenizerSettings) -> list[tuple[str, str]]:
    """The pairs, a line each; as the tokenizers library, only "#version" marks a line of another kind."""
    lines = (settings.folder.text(MERGES, limit=VOCABULARY_BYTES) or "").split("\n")
    found = []
    for number, line in enumerate(lines):
        text = line.removesuffix("\r")
        if text.startswith("#version") or not text:
            continue
        left, _, right = text.partition(" ")
        if not left or not right or " " in right:
            raise BadModel(f"Line {number + 1} of {MERGES} in {settings.folder} is not two tokens.")
        found.append((left, right))
    return found


def _model(settings: TokenizerSettings) -> Tokenizer:
    return Tokenizer(models.BPE(vocab=ids_of(settings), merges=_merges(settings)))


def _by_bytes(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    tokenizer = _model(settings)
    space = settings.flag("add_prefix_space", False)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=space)
    return tokenizer


def _luke(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    """RoBERTa's, and the two tokens that stand around entities."""
    tokenizer = _by_bytes(settings, tokens)
    tokenizer.add_tokens([AddedToken(name, special=True) for name in ENTITIES])
    return tokenizer


def _by_words(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    tokenizer = _model(settings)
    tokenizer.normalizer = normalizers.NFC()
    space = bool(settings.maybe("add_prefix_space"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_QWEN), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=space, use_regex=False),
        ]
    )
    return tokenizer


def _composed(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    tokenizer = _by_bytes(settings, tokens)
    tokenizer.normalizer = normalizers.NFC()
    return tokenizer


def _of_words(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    """Pairs of which those at the end of a word are marked."""
    return Tokenizer(
        models.BPE(
            vocab=ids_of(settings),
            merges=_merges(settings),
            end_of_word_suffix=_WORD_END,
            unk_token=tokens.text("unk_token"),
        )
    )


def _clip(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    tokenizer = _of_words(settings, tokens)
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_CLIP), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    return tokenizer


def _herbert(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    """Pairs of characters, not of bytes, behind BERT's clean-up."""
    tokenizer = _of_words(settings, tokens)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False, strip_accents=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return tokenizer


def _herbert_frame(
    settings: TokenizerSettings, tokens: SpecialTokens, tokenizer: Tokenizer
) -> None:
    sep, cls = (tokens.numbered(role, tokenizer) for role in ("sep_token", "cls_token"))
    tokenizer.post_processor = processors.BertProcessing(sep, cls)


def _bert_frame(settings: TokenizerSettings, tokens: SpecialTokens, tokenizer: Tokenizer) -> None:
    """[CLS] and [SEP], two of the latter between a pair, and one type of token for all of it."""
    cls, sep = (tokens.numbered(role, tokenizer) for role in ("cls_token", "sep_token"))
    one = [cls[0], "$A", sep[0]]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=one, pair=[*one, sep[0], "$B", sep[0]], special_tokens=[cls, sep]
    )


def _clip_frame(settings: TokenizerSettings, tokens: SpecialTokens, tokenizer: Tokenizer) -> None:
    eos, bos = (tokens.numbered(role, tokenizer) for role in ("eos_token", "bos_token"))
    tokenizer.post_processor = processors.RobertaProcessing(eos, bos, False, False)


def _generator_frame(
    settings: TokenizerSettings, tokens: SpecialTokens, tokenizer: Tokenizer
) -> None:
    asked = [settings.flag(key, False) for key in ("add_bos_token", "add_eos_token")]
    tokenizer.post_processor = bos_and_eos(tokenizer, tokens, *asked)


_FILES = (VOCABULARY, MERGES)
_END = "<|endoftext|>"

ROBERTA = Recipe(
    _FILES,
    plain(
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        sep_token="</s>",
        pad_token="<pad>",
        cls_token="<s>",
        mask_token="<mask>",
    ),
    _by_bytes,
    roberta_frame,
)
LUKE = Recipe(_FILES, ROBERTA.tokens, _luke, roberta_frame)
GPT2 = Recipe(
    _FILES,
    plain(bos_token=_END, eos_token=_END, unk_token=_END),
    _by_bytes,
    _generator_frame,
)
QWEN2 = Recipe(
    _FILES,
    plain(eos_token=_END, unk_token=_END, pad_token=_END),
    _by_words,
    _generator_frame,
)
GPT_NEOX = Recipe(
    _FILES,
    plain(bos_token=_END, eos_token=_END, unk_token=_END, pad_token="<|padding|>"),
    _composed,
    _generator_frame,
)
DEBERTA = Recipe(
    _FILES,
    plain(
        bos_token="[CLS]",
        eos_token="[SEP]",
        unk_token="[UNK]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        mask_token="[MASK]",
    ),
    _by_bytes,
    _bert_frame,
)
CLIP = Recipe(
    _FILES,
    plain(bos_token="<|startoftext|>", eos_token=_END, unk_token=_END, pad_token=_END),
    _clip,
    _clip_frame,
)
HERBERT = Recipe(
    _FILES,
    plain(
        cls_token="<s>",
        unk_token="<unk>",
        pad_token="<pad>",
        mask_token="<mask>",
        sep_token="</s>",
    ),
    _herbert,
    _herbert_frame,
)
