"""Which class of tokenizers is put together how, and what is said where none of that can be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from isomorph.errors import ModelNotFound, UnknownFormat
from isomorph.preprocess.tokenizer_classes import GENERIC, ROBERTA, WORD_PIECE
from isomorph.preprocess.tokenizer_settings import TokenizerSettings

if TYPE_CHECKING:
    from tokenizers import AddedToken

    from isomorph.preprocess.vocabulary.build import Recipe

RECIPES: Mapping[str, str] = {
    **dict.fromkeys(WORD_PIECE, "word_piece.BERT"),
    "FunnelTokenizer": "word_piece.FUNNEL",
    "MPNetTokenizer": "word_piece.MPNET",
    **dict.fromkeys(ROBERTA, "byte_pair.ROBERTA"),
    "GPT2Tokenizer": "byte_pair.GPT2",
    "Qwen2Tokenizer": "byte_pair.QWEN2",
    "GPTNeoXTokenizer": "byte_pair.GPT_NEOX",
    "DebertaTokenizer": "byte_pair.DEBERTA",
    "CLIPTokenizer": "byte_pair.CLIP",
    "HerbertTokenizer": "byte_pair.HERBERT",
    "XLMRobertaTokenizer": "unigram.XLM_ROBERTA",
    "CamembertTokenizer": "unigram.CAMEMBERT",
    "AlbertTokenizer": "unigram.ALBERT",
    "FNetTokenizer": "unigram_bert.FNET",
    "T5Tokenizer": "unigram.T5",
    "DebertaV2Tokenizer": "unigram.DEBERTA_V2",
    "RemBertTokenizer": "unigram_bert.REMBERT",
    "BigBirdTokenizer": "unigram_bert.BIG_BIRD",
    "PegasusTokenizer": "unigram_ends.PEGASUS",
    "XLNetTokenizer": "unigram_ends.XLNET",
    "NllbTokenizer": "nllb.NLLB",
    "MBartTokenizer": "mbart.MBART",
    "MBart50Tokenizer": "mbart.MBART50",
    "LukeTokenizer": "byte_pair.LUKE",
    "MLukeTokenizer": "mluke.MLUKE",
    "SiglipTokenizer": "siglip.SIGLIP",
    "EsmTokenizer": "proteins.ESM",
    "MarianTokenizer": "translated.MARIAN",
    "M2M100Tokenizer": "translated.M2M100",
    "ByT5Tokenizer": "raw_bytes.BYT5",
    "PhobertTokenizer": "segmented.PHOBERT",
    "BertweetTokenizer": "segmented.BERTWEET",
    "BertJapaneseTokenizer": "mecab.JAPANESE",
    "LlamaTokenizer": "piece_pairs.LLAMA",
    "GemmaTokenizer": "piece_pairs.GEMMA",
}
"""For each class the file of this package and the name in it; read when the class is met, not before."""


@cache
def recipe_named(kind: str) -> Recipe | None:
    """How a class of tokenizers is put together; None where that is not known here."""
    if kind not in RECIPES:
        return None
    file, _, name = RECIPES[kind].partition(".")
    recipe: Recipe = getattr(import_module(f"{__package__}.{file}"), name)
    return recipe


_WRITE = (
    "Write tokenizer.json with the library that made the model: "
    "AutoTokenizer.from_pretrained(folder).save_pretrained(folder)."
)

_OTHERWISE = (
    "Copy them from the model that this one was made of. If there is a tokenizer.json and it is right, set "
    "tokenizer_class in tokenizer_config.json to PreTrainedTokenizerFast."
)


def _recipes() -> Iterator[Recipe]:
    return filter(None, map(recipe_named, RECIPES))


def reads_no_json(settings: TokenizerSettings) -> bool:
    """Whether the folder's class passes over a ``tokenizer.json``."""
    recipe = recipe_named(settings.kind)
    return recipe is not None and recipe.alone


def default_tokens(settings: TokenizerSettings) -> Mapping[str, AddedToken]:
    """The special tokens of the folder's class where no file names others."""
    recipe = recipe_named(settings.kind)
    return {} if recipe is None else recipe.tokens


def recipe_for(settings: TokenizerSettings) -> Recipe:
    """How the folder's vocabulary becomes a tokenizer, where there is no ``tokenizer.json``.

    Raises:
        ModelNotFound: the files that its class reads are not there.
        UnknownFormat: its class is not known here, or no file says which it is.
    """
    folder, kind = settings.folder, settings.kind
    there = ", ".join(folder.names()[:20]) or "nothing"
    if kind in GENERIC:
        if not any(folder.file(name) for recipe in _recipes() for name in recipe.files):
            raise ModelNotFound(
                f"{folder} holds neither tokenizer.json nor vocab.txt. It holds: {there}. {_WRITE}"
            )
        says = f"tokenizer_class {kind}" if kind else f"model_type {settings.model_type!r}"
        raise UnknownFormat(
            f"{folder} holds no tokenizer.json, and {says} does not say how its vocabulary is used. "
            f"It holds: {there}. {_WRITE}"
        )
    recipe = recipe_named(kind)
    if recipe is None:
        raise UnknownFormat(
            f"{folder} holds no tokenizer.json, and how {kind} uses a vocabulary is not known here. "
            f"It holds: {there}. {_WRITE}"
        )
    missing = [name for name in recipe.files if folder.file(name) is None]
    if missing:
        lacks = "does not hold" if recipe.alone else "holds neither tokenizer.json nor"
        raise ModelNotFound(
            f"{folder} {lacks} {' and '.join(missing)}, which {kind} reads. It holds: {there}. "
            f"{_OTHERWISE if recipe.alone else _WRITE}"
        )
    return recipe
