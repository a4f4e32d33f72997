"""A WordPiece tokenizer small enough to read: single letters, and a few words."""

from __future__ import annotations

import json
import string
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_WORDS = "the a of is in and cat dog bird sun rain sea sat ran sang red blue old new query".split()
_PIECES = ("##s", "##ing", "##ed", "##er")
_MARKS = ".,:;!?'-"


@cache
def vocabulary(pad_id: int = 0) -> tuple[str, ...]:
    """The tokens in the order of their ids; [PAD] is at `pad_id`, among the special tokens."""
    specials = [token for token in SPECIALS if token != "[PAD]"]
    specials.insert(pad_id, "[PAD]")
    letters = string.ascii_lowercase + string.digits
    pieces = [f"##{letter}" for letter in letters]
    return tuple(dict.fromkeys((*specials, *_WORDS, *_PIECES, *letters, *pieces, *_MARKS)))


def write_tokenizer(
    folder: Path,
    pad_id: int = 0,
    max_length: int | None = None,
    more: Mapping[str, str] | None = None,
) -> None:
    """Writes ``tokenizer.json`` and ``tokenizer_config.json``; `more` are tokens by their roles."""
    ids = {token: index for index, token in enumerate(vocabulary(pad_id))}
    tokenizer = Tokenizer(models.WordPiece(vocab=ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, ids[token]) for token in ("[CLS]", "[SEP]")],
    )
    more = more or {}
    tokenizer.add_special_tokens([*SPECIALS, *more.values()])
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        **{f"{token[1:-1].lower()}_token": token for token in SPECIALS},
        **more,
    }
    if max_length is not None:
        settings["model_max_length"] = max_length  # type: ignore[assignment]
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2), "utf-8")
