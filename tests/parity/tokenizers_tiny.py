"""Tokenizers of a few hundred tokens, one of each algorithm. Needs sentence-transformers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from texts import CORPUS
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import PreTrainedTokenizerFast

SIZE = 240
BERT = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
ROBERTA = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")


def word_piece(lowercase: bool = True) -> PreTrainedTokenizerFast:
    """BERT's: accents stripped and letters lowered, or, with `lowercase` False, neither."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=SIZE, special_tokens=list(BERT), limit_alphabet=100, show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return _wrapped(tokenizer, BERT, "[CLS]", "[SEP]")


def byte_pair() -> PreTrainedTokenizerFast:
    """RoBERTa's: byte-level pairs, no normalisation."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE + 60,
        special_tokens=list(ROBERTA),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return _wrapped(tokenizer, ROBERTA, "<s>", "</s>")


def unigram() -> PreTrainedTokenizerFast:
    """XLM-RoBERTa's: pieces with scores, compatibility composition, spaces as underscores."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=SIZE + 60, special_tokens=list(ROBERTA), unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return _wrapped(tokenizer, ROBERTA, "<s>", "</s>")


def _wrapped(
    tokenizer: Tokenizer, specials: tuple[str, ...], first: str, last: str
) -> PreTrainedTokenizerFast:
    ids = [(token, tokenizer.token_to_id(token)) for token in (first, last)]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{first} $A {last}", pair=f"{first} $A {last} $B:1 {last}:1", special_tokens=ids
    )
    named = {name.strip("[]<>/"): name for name in specials}
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=named.get("PAD", "<pad>"),
        unk_token=named.get("UNK", "<unk>"),
        mask_token=named.get("MASK", "<mask>"),
        cls_token=first,
        sep_token=last,
        bos_token=first,
        eos_token=last,
        model_max_length=64,
    )


TOKENIZERS: Mapping[str, Callable[[], PreTrainedTokenizerFast]] = {
    "bert": word_piece,
    "distilbert": word_piece,
    "roberta": byte_pair,
    "xlm-roberta": unigram,
}
