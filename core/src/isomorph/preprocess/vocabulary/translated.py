"""Marian's and M2M-100's files: a sentencepiece model that splits texts, and a list that says the ids.

Junczys-Dowmunt et al. 2018, arXiv:1804.00344; Fan et al. 2020, arXiv:2010.11125.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tokenizers import Tokenizer, models, processors

from isomorph.errors import BadModel
from isomorph.messages.shown import shown
from isomorph.preprocess.special_tokens import SpecialTokens
from isomorph.preprocess.tokenizer_settings import SETTINGS, TokenizerSettings
from isomorph.preprocess.vocabulary.as_sentencepiece import AsSentencepiece, as_sentencepiece
from isomorph.preprocess.vocabulary.build import Recipe, plain
from isomorph.preprocess.vocabulary.by_hand import split_by
from isomorph.preprocess.vocabulary.byte_pair import VOCABULARY, ids_of
from isomorph.preprocess.vocabulary.sentencepiece import read_split

SOURCE, FAIRSEQ = "source.spm", "sentencepiece.bpe.model"
LANGUAGES: Mapping[str, tuple[str, ...]] = {
    "m2m100": tuple(
        """af am ar ast az ba be bg bn br bs ca ceb cs cy da de el en es et fa ff fi fr fy ga gd gl gu ha
    he hi hr ht hu hy id ig ilo is it ja jv ka kk km kn ko lb lg ln lo lt lv mg mk ml mn mr ms
    my ne nl no ns oc or pa pl ps pt ro ru sd si sk sl so sq sr ss su sv sw ta th tl tn tr uk
    ur uz vi wo xh yi yo zh zu""".split()
    ),
    "wmt21": tuple("en ha is ja cs ru zh de".split()),
}
"""The languages of both releases, in the order of their ids, which come behind those of the list."""
_ENGLISH = "en"
_OPENS, _CLOSES = ">>", "<<"


def _translating(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    """Of OPUS-MT: a text may begin with the language it is to be translated to, such as ``>>fra<<``."""
    ids = _ids(settings, tokens)
    split = as_sentencepiece(settings, SOURCE, read_split(settings.folder, SOURCE))
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token=tokens.text("unk_token")))
    behind = _BehindLanguage(split)
    split_by(tokenizer, behind, behind.head)
    return tokenizer


class _BehindLanguage:
    """Splits what stands behind the name of a language."""

    def __init__(self, split: AsSentencepiece) -> None:
        self._split = split

    def __call__(self, text: str, _: bool) -> Iterator[str]:
        """The name, where there is one, and the pieces of the text."""
        end = text.find(_CLOSES) + len(_CLOSES)
        if text.startswith(_OPENS) and end >= len(_CLOSES):
            yield text[:end]
            text = text[end:]
        yield from self._split(text)

    def head(self, text: str, size: int) -> str | None:
        """As of the pieces; none that ends within a name."""
        end = text.find(_CLOSES)
        if text.startswith(_OPENS) and end >= 0:
            size = max(size, end + len(_CLOSES))
        return self._split.head(text, size)


def _ids(settings: TokenizerSettings, tokens: SpecialTokens) -> dict[str, int]:
    ids, unknown = ids_of(settings), tokens.text("unk_token")
    if unknown not in ids:
        raise BadModel(
            f"{VOCABULARY} in {settings.folder} lacks {unknown}, the token for what is unknown."
        )
    return ids


def _many(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    ids = _ids(settings, tokens)
    split = as_sentencepiece(settings, FAIRSEQ, read_split(settings.folder, FAIRSEQ))
    first = len(ids)
    ids |= {_token(name): first + place for place, name in enumerate(_languages(settings))}
    tokenizer = Tokenizer(models.WordLevel(ids, unk_token=tokens.text("unk_token")))
    split_by(tokenizer, split, split.head)
    return tokenizer


def _languages(settings: TokenizerSettings) -> tuple[str, ...]:
    name = settings.values.get("language_codes", "m2m100")
    if not isinstance(name, str) or name not in LANGUAGES:
        raise BadModel(
            f"{SETTINGS} in {settings.folder} says language_codes = {shown(name)}; there are "
            f"{' and '.join(LANGUAGES)}."
        )
    return LANGUAGES[name]


def _token(language: str) -> str:
    return f"__{language}__"


def _ended(settings: TokenizerSettings, tokens: SpecialTokens, tokenizer: Tokenizer) -> None:
    """The end token behind a text, or behind a pair."""
    eos = tokens.numbered("eos_token", tokenizer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=["$A", eos[0]], pair=["$A", "$B", eos[0]], special_tokens=[eos]
    )


def _spoken(settings: TokenizerSettings, tokens: SpecialTokens, tokenizer: Tokenizer) -> None:
    """The language before a text or a pair, and the end token behind it."""
    eos, languages = tokens.numbered("eos_token", tokenizer), _languages(settings)
    name = settings.values.get("src_lang") or _ENGLISH
    if name not in languages:
        raise BadModel(
            f"{settings.folder} says src_lang = {shown(name)}, which is none of its languages: "
            f"{', '.join(languages)}."
        )
    token = _token(name)
    place = tokenizer.token_to_id(token)
    assert place is not None, "every language has an id"
    tokenizer.post_processor = processors.TemplateProcessing(
        single=[token, "$A", eos[0]],
        pair=[token, "$A", "$B", eos[0]],
        special_tokens=[eos, (token, place)],
    )


MARIAN = Recipe(
    (SOURCE, VOCABULARY),
    plain(unk_token="<unk>", eos_token="</s>", pad_token="<pad>"),
    _translating,
    _ended,
    alone=True,
)
M2M100 = Recipe(
    (VOCABULARY, FAIRSEQ),
    plain(
        bos_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
    ),
    _many,
    _spoken,
    alone=True,
)
