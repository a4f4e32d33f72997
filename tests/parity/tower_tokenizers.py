"""Tokenizers of the tiny towers: a few words in the form of CLIP's, SigLIP's and Gemma's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors


def clip_tokenizer() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Bytes, bytes at the end of a word, and a few merges; the ends of a text are the greatest ids."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {each: place for place, each in enumerate(alphabet)}
    for each in alphabet:
        vocabulary[f"{each}</w>"] = len(vocabulary)
    merges = [("t", "h"), ("th", "e</w>"), ("c", "a"), ("ca", "t</w>"), ("o", "v"), ("ov", "e")]
    for left, right in merges:
        vocabulary[left + right] = len(vocabulary)
    for each in ("<|startoftext|>", "<|endoftext|>"):
        vocabulary[each] = len(vocabulary)
    return vocabulary, merges


CLIP_WORDS = len(clip_tokenizer()[0])


CLIP_SPLIT = (
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
)


def write_clip_tokenizer(folder: Path, old: bool) -> None:
    """``tokenizer.json``, or with `old` the two files that it was made of."""
    vocabulary, merges = clip_tokenizer()
    settings: dict[str, Any] = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 24}
    end = "<|endoftext|>"
    settings |= dict.fromkeys(("eos_token", "pad_token", "unk_token"), end)
    settings["bos_token"] = "<|startoftext|>"
    write(folder / "tokenizer_config.json", settings)
    if old:
        write(folder / "vocab.json", vocabulary)
        lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
        (folder / "merges.txt").write_text("\n".join(lines) + "\n", "utf-8")
        return
    tokenizer = Tokenizer(
        models.BPE(
            vocab=vocabulary, merges=merges, continuing_subword_prefix="", end_of_word_suffix="</w>",
            unk_token=end,
        )
    )  # fmt: skip
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(CLIP_SPLIT), behavior="removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    ends = [(each, vocabulary[each]) for each in (end, "<|startoftext|>")]
    tokenizer.post_processor = processors.RobertaProcessing(*ends, False, False)
    tokenizer.add_special_tokens(["<|startoftext|>", end])
    tokenizer.save(str(folder / "tokenizer.json"))


SIGLIP_WORDS = ["<pad>", "</s>", "<unk>", *sorted(pre_tokenizers.ByteLevel.alphabet()), "th", "the"]


def write_siglip_tokenizer(folder: Path, longest: int = 16) -> None:
    """Bytes, and an end; nothing is said of a mask."""
    vocabulary = {each: place for place, each in enumerate(SIGLIP_WORDS)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[("t", "h"), ("th", "e")]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    tokenizer.add_special_tokens(SIGLIP_WORDS[:3])
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "eos_token": "</s>",
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "model_max_length": longest,
    }
    settings |= {"model_input_names": ["input_ids"], "tokenizer_class": "TokenizersBackend"}
    write(folder / "tokenizer_config.json", settings)


GEMMA_WORDS = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", *(f"<0x{i:02X}>" for i in range(256))]


GEMMA_WORDS += ["▁", *"abcdefghijklmnopqrstuvwxyz", "th", "the"]


def write_lower_tokenizer(folder: Path) -> None:
    """Gemma's tokenizer, which a class of SigLIP 2 reads in lower case; the file does not say it."""
    vocabulary = {each: place for place, each in enumerate(GEMMA_WORDS)}
    merges = [("t", "h"), ("th", "e")]
    tokenizer = Tokenizer(
        models.BPE(
            vocab=vocabulary, merges=merges, fuse_unk=True, byte_fallback=True, unk_token="<unk>"
        )
    )
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A <eos>", special_tokens=[("<eos>", 1)]
    )
    tokenizer.add_special_tokens(GEMMA_WORDS[:5])
    tokenizer.save(str(folder / "tokenizer.json"))
    settings: dict[str, Any] = {"tokenizer_class": "Siglip2Tokenizer", "model_max_length": 64}
    settings |= {f"{each}_token": f"<{each}>" for each in ("pad", "eos", "bos", "unk", "mask")}
    write(folder / "tokenizer_config.json", {**settings, "model_input_names": ["input_ids"]})


def write(file: Path, content: Any) -> None:
    """JSON."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, indent=1), "utf-8")


def byte_words(specials: Sequence[str]) -> list[str]:
    """The tokens of `write_byte_tokenizer`, by their ids."""
    return [*specials, *sorted(pre_tokenizers.ByteLevel.alphabet()), "th", "the"]


def write_byte_tokenizer(
    folder: Path, specials: Sequence[str], settings: Mapping[str, Any], ends: Sequence[str] = ()
) -> None:
    """Bytes with a few merges; nothing is added to a text but its `ends`, if any."""
    words = byte_words(specials)
    tokenizer = Tokenizer(
        models.BPE(
            vocab={each: place for place, each in enumerate(words)},
            merges=[("t", "h"), ("th", "e")],
        )
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    if ends:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=[ends[0], "$A", ends[1]],
            special_tokens=[(each, words.index(each)) for each in ends],
        )
    tokenizer.add_special_tokens(list(specials))
    tokenizer.save(str(folder / "tokenizer.json"))
    write(
        folder / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", **settings}
    )
