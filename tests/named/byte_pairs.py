"""A tokenizer of pairs of bytes as Qwen2's folders have it, with a dozen pairs.

The reference makes a Qwen2Tokenizer of the vocabulary of any ``qwen2`` folder, whatever class it names.
"""

from __future__ import annotations

from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from .row import edit

_END = "<|endoftext|>"
_WORD = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"
    r"\s+(?!\S)|\s+"
)
_PAIRS = ("t h", "th e", "Ġ the", "a t", "Ġ c", "Ġc at", "i n", "Ġ in", "Ġ r", "Ġr a", "r e", "s u")
WORDS = 256 + len(_PAIRS) + 1
"""Bytes, pairs, and the end of a text."""


def write(folder: Path) -> None:
    """Puts the tokenizer in place of the one that is there."""
    tokens = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *(p.replace(" ", "") for p in _PAIRS)]
    ids = {token: index for index, token in enumerate(tokens)}
    merges = [tuple(pair.split(" ")) for pair in _PAIRS]
    tokenizer = Tokenizer(models.BPE(ids, merges))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORD), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.add_special_tokens([AddedToken(_END, normalized=False)])
    tokenizer.save(str(folder / "tokenizer.json"))
    file = folder / "tokenizer_config.json"
    file.unlink()
    named = {"eos_token": _END, "pad_token": _END, "tokenizer_class": "Qwen2Tokenizer"}
    edit(file, **named, model_max_length=64)
