"""Tokenizers, trained on the docstrings that everybody has, so that texts have about their real lengths."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from isomorph_bench.workloads.texts import docstrings

MOST = 30522
"""Words of a vocabulary at most; docstrings yield fewer."""
CLIP_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
"""What CLIPTokenizer cuts texts into; transformers puts it in place of what a file says."""


def write_pieces(
    folder: Path, specials: Sequence[str], ends: tuple[str, str], words: int, longest: int
) -> int:
    """A WordPiece tokenizer, whose ids begin with `specials`; returns how many words it has.

    `ends` are the special tokens around a text, either of them ``""`` for none.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    unknown, padding = (next(s for s in specials if part in s.lower()) for part in ("unk", "pad"))
    tokenizer: Any = Tokenizer(models.WordPiece(unk_token=unknown))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=min(words, MOST), special_tokens=list(specials), show_progress=False
    )
    tokenizer.train_from_iterator(sorted(set(docstrings())), trainer)
    _around(tokenizer, ends)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": padding,
        "unk_token": unknown,
        "model_max_length": longest,
    }
    for role, token in zip(("cls_token", "sep_token"), ends, strict=True):
        if token:
            settings[role] = token
    if "[MASK]" in specials:
        settings["mask_token"] = "[MASK]"
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2), "utf-8")
    return int(tokenizer.get_vocab_size())


def _around(tokenizer: Any, ends: tuple[str, str]) -> None:
    from tokenizers import processors

    first, last = ends
    single = " ".join(filter(None, (first, "$A", last)))
    pair = " ".join(filter(None, (first, "$A", last, "$B:1", last and f"{last}:1")))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=single,
        pair=pair,
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ends if token],
    )


def write_bytes(folder: Path, begin: str, end: str, longest: int) -> dict[str, int]:
    """A tokenizer of CLIP's form, byte pairs that end in ``</w>``; returns the ids of its words."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer: Any = Tokenizer(
        models.BPE(continuing_subword_prefix="", end_of_word_suffix="</w>", unk_token=end)
    )
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(
                Regex(rf"{re.escape(begin)}|{re.escape(end)}|{CLIP_WORDS}"), "removed", invert=True
            ),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=MOST,
        special_tokens=[begin, end],
        end_of_word_suffix="</w>",
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(sorted(set(docstrings())), trainer)
    _around(tokenizer, (begin, end))
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "CLIPTokenizer",
        "model_max_length": longest,
        "bos_token": begin,
        **dict.fromkeys(("eos_token", "pad_token", "unk_token"), end),
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2), "utf-8")
    return {str(word): int(place) for word, place in tokenizer.get_vocab().items()}
