"""Tokenising in a forked child, where the threads of the tokenizers library are not there.

Once it has used threads, the library goes without them in children that are forked then, and says so on
stderr; unless ``TOKENIZERS_PARALLELISM`` is on: then it waits for them for ever.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from isomorph.machine.forks import WORK

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

PARALLELISM = "TOKENIZERS_PARALLELISM"
_OFF = ("", "off", "false", "f", "no", "n", "0")


def encode(tokenizer: Tokenizer, texts: Sequence[str]) -> Sequence[Encoding]:
    """The encodings of texts without special tokens, on as many threads as there may be."""
    if WORK.generation and os.environ.get(PARALLELISM, "").lower() not in _OFF:
        return [tokenizer.encode(text, add_special_tokens=False) for text in texts]
    found: Sequence[Encoding] = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    return found
