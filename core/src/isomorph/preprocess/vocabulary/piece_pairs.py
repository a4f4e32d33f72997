"""``tokenizer.model`` with byte pairs: the sentencepiece files of Llama, of Mistral's models and of Gemma.

Such a file orders pieces and knows no pairs. The pairs that make a piece are all its two parts that are
pieces, in the order of the pieces they make.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from isomorph.errors import BadModel, Unsupported
from isomorph.preprocess.frame import bos_and_eos
from isomorph.preprocess.special_tokens import SpecialTokens
from isomorph.preprocess.tokenizer_settings import TokenizerSettings
from isomorph.preprocess.vocabulary.build import Recipe, plain
from isomorph.preprocess.vocabulary.marked import mark
from isomorph.preprocess.vocabulary.sentencepiece import PAIRS, SentencePieces, read_pieces
from isomorph.preprocess.vocabulary.unfollowed import tell

FILE = "tokenizer.model"
WORK = 1 << 28
"""Squared lengths of all pieces together, which is what looking for their parts takes; Gemma 3 has 2**24."""
_SPACE = "▁"
_TAB = "<0x09>"
_TURNS = ("<start_of_turn>", "<end_of_turn>")


def pairs_of(ids: Mapping[str, int], pieces: Iterable[str]) -> list[tuple[str, str]]:
    """The pairs of pieces that make the `pieces`, of which the first ones are joined first.

    Raises:
        BadModel: the pieces are so long that looking for the pairs would take for ever.
    """
    if sum(len(piece) ** 2 for piece in ids) > WORK:
        raise BadModel(f"The pieces in {FILE} are too long together.")
    return [
        (piece[:cut], piece[cut:])
        for piece in pieces
        for cut in range(1, len(piece))
        if piece[:cut] in ids and piece[cut:] in ids
    ]


def read_pairs(settings: TokenizerSettings, file: str = FILE) -> SentencePieces:
    """What a sentencepiece file of byte pairs says.

    Raises:
        BadModel: the file is damaged.
        Unsupported: it holds no byte pairs, or marks words in a way that is not done here.
    """
    found = read_pieces(settings.folder, file)
    no = ""
    if found.algorithm != PAIRS:
        no = f"holds a model of type {found.algorithm}; {settings.kind} has byte pairs, type 2"
    elif found.suffix:
        no = "marks words at their end (treat_whitespace_as_suffix)"
    elif not found.escape:
        no = "says escape_whitespaces = false"
    if no:
        raise Unsupported(f"{file} in {settings.folder} {no}.")
    return found


def _cleaning(found: SentencePieces) -> dict[str, bool]:
    return {
        "a map of characters": bool(found.map),
        "remove_extra_whitespaces = true": found.strip,
    }


def _llama(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    found = read_pairs(settings)
    space = settings.flag("add_prefix_space", True)
    unmarked = {"add_dummy_prefix = false": space and not found.prefix}
    tell(settings, FILE, {**_cleaning(found), **unmarked})
    ids = {piece: index for index, (piece, _) in enumerate(found.pieces)}
    order = sorted(ids, key=ids.__getitem__)
    tokenizer = Tokenizer(
        models.BPE(vocab=ids, merges=pairs_of(ids, order), fuse_unk=True, byte_fallback=True)
    )
    scheme = "always" if settings.flag("legacy", False) else "first"
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(
        _SPACE, scheme if space else "never", split=False
    )
    mark(tokenizer, found)
    return tokenizer


def _gemma(settings: TokenizerSettings, tokens: SpecialTokens) -> Tokenizer:
    """As transformers makes ``tokenizer.json`` of such a file; its class alone does not read the file."""
    found = read_pairs(settings)
    tell(settings, FILE, {**_cleaning(found), "add_dummy_prefix = true": found.prefix})
    front = [tokens.text(f"{role}_token") for role in ("pad", "eos", "bos")]
    scored = {**dict.fromkeys(front, 0.0), **dict(found.pieces[len(front) :])}
    ids = {piece: index for index, piece in enumerate(scored)}
    if len(ids) != len(found.pieces):
        raise BadModel(f"{FILE} in {settings.folder} has pieces that stand twice.")
    tab = (
        "\t" not in ids and _TAB in ids
    )  # the byte of a tab is then the tab, and joined with others
    if tab:
        ids["\t"] = ids[_TAB]
    by_score = sorted(found.pieces, key=lambda piece: -piece[1])
    pairs = pairs_of(ids, (piece for piece, _ in by_score if piece in ids))
    if tab:
        del ids[_TAB]
    tokenizer = Tokenizer(
        models.BPE(
            vocab=ids,
            merges=pairs,
            unk_token=found.pieces[found.unknown][0],
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    tokenizer.normalizer = normalizers.Replace(" ", _SPACE)
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    mark(tokenizer, found, _TURNS)
    return tokenizer


def _llama_frame(settings: TokenizerSettings, tokens: SpecialTokens, tokenizer: Tokenizer) -> None:
    asked = [settings.flag(key, False) for key in ("add_bos_token", "add_eos_token")]
    tokenizer.post_processor = bos_and_eos(tokenizer, tokens, *asked)


def _gemma_frame(settings: TokenizerSettings, tokens: SpecialTokens, tokenizer: Tokenizer) -> None:
    bos, eos = settings.flag("add_bos_token", True), settings.flag("add_eos_token", False)
    tokenizer.post_processor = bos_and_eos(tokenizer, tokens, bos, eos)


LLAMA = Recipe(
    (FILE,), plain(bos_token="<s>", eos_token="</s>", unk_token="<unk>"), _llama, _llama_frame
)
GEMMA = Recipe(
    (FILE,),
    plain(
        bos_token="<bos>",
        eos_token="<eos>",
        unk_token="<unk>",
        pad_token="<pad>",
        mask_token="<mask>",
    ),
    _gemma,
    _gemma_frame,
)
