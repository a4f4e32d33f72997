"""A sentencepiece file alone, for mBART: fairseq's ids, then languages, one of which frames a text."""

from __future__ import annotations

from collections.abc import Sequence

from tokenizers import AddedToken, Regex, Tokenizer, normalizers, pre_tokenizers, processors

from isomorph.errors import BadModel
from isomorph.preprocess.special_tokens import SpecialTokens
from isomorph.preprocess.tokenizer_settings import TokenizerSettings
from isomorph.preprocess.vocabulary.build import Recipe, plain
from isomorph.preprocess.vocabulary.sentencepiece import SentencePieces, read_unigram
from isomorph.preprocess.vocabulary.unfollowed import tell
from isomorph.preprocess.vocabulary.unigram import FAIRSEQ, SPACE, Steps, mapped, split, unigram_of

FILE = "sentencepiece.bpe.model"

_OF_25 = """ar_AR cs_CZ de_DE en_XX es_XX et_EE fi_FI fr_XX gu_IN hi_IN it_IT ja_XX kk_KZ ko_KR lt_LT lv_LV
    my_MM ne_NP nl_XX ro_RO ru_RU si_LK tr_TR vi_VN zh_CN""".split()
_OF_50 = [
    *_OF_25,
    *"""af_ZA az_AZ bn_IN fa_IR he_IL hr_HR id_ID ka_GE km_KH mk_MK ml_IN mn_MN mr_IN pl_PL ps_AF pt_XX sv_SE
    sw_KE ta_IN te_IN th_TH tl_XX uk_UA ur_PK xh_ZA gl_ES sl_SI""".split(),
]
_ENGLISH = "en_XX"


def _built(
    settings: TokenizerSettings,
    tokens: SpecialTokens,
    found: SentencePieces,
    languages: Sequence[str],
    steps: Steps,
) -> Tokenizer:
    if len(found.pieces) < 4 or 1 in found.kinds[:3]:
        raise BadModel(f"{FILE} in {settings.folder} does not begin with three special pieces.")
    front = [(tokens.text(f"{role}_token"), 0.0) for role in ("bos", "pad", "eos", "unk")]
    back = [(name, 0.0) for name in (*languages, tokens.text("mask_token"))]
    tokenizer = unigram_of([*front, *found.pieces[3:], *back], 3, found, steps)
    tokenizer.add_tokens([AddedToken(name, special=True) for name in languages])
    return tokenizer


def _mbart(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    found = read_unigram(settings.folder, FILE)
    tell(settings, FILE, {"a map of characters": bool(found.map)})
    tokenizer = _built(settings, tokens, found, _OF_25, [])
    tokenizer.pre_tokenizer = split("always")
    return tokenizer


def _mbart50(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    found = read_unigram(settings.folder, FILE)
    steps = [*mapped(found), normalizers.Replace(Regex(" {2,}"), " ")]
    tokenizer = _built(settings, tokens, found, _OF_50, steps)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(SPACE, "always")
    return tokenizer


def language(
    settings: TokenizerSettings, tokenizer: Tokenizer, default: str = _ENGLISH
) -> tuple[str, int]:
    """The language of texts, a token with its id: ``src_lang``, or `default`.

    Raises:
        BadModel: the tokenizer has no such language.
    """
    name = settings.values.get("src_lang") or default
    found = tokenizer.token_to_id(name)
    if found is None:
        raise BadModel(
            f"{settings.folder} says src_lang = {name[:80]!r}, which is no language of it."
        )
    return name, found


def _behind(settings: TokenizerSettings, tokens: SpecialTokens, tokenizer: Tokenizer) -> None:
    """The end token and the language behind a text, or behind a pair."""
    eos, spoken = tokens.numbered("eos_token", tokenizer), language(settings, tokenizer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=["$A", eos[0], spoken[0]],
        pair=["$A", "$B", eos[0], spoken[0]],
        special_tokens=[eos, spoken],
    )


def _around(settings: TokenizerSettings, tokens: SpecialTokens, tokenizer: Tokenizer) -> None:
    """The language before a text or a pair, and the end token behind it."""
    eos, spoken = tokens.numbered("eos_token", tokenizer), language(settings, tokenizer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=[spoken[0], "$A", eos[0]],
        pair=[spoken[0], "$A", "$B", eos[0]],
        special_tokens=[eos, spoken],
    )


_TOKENS = {**plain(**FAIRSEQ), "mask_token": AddedToken("<mask>", lstrip=True, special=True)}
MBART = Recipe((FILE,), _TOKENS, _mbart, _behind)
MBART50 = Recipe((FILE,), _TOKENS, _mbart50, _around)
