"""What the pipeline needs of whatever turns texts into token ids, and which one a model has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from isomorph.model.text import Text
from isomorph.preprocess.tokenize import Encoded, TextEncoder
from isomorph.preprocess.words import WordEncoder, read_words


class Encoder(Protocol):
    """Texts to token ids, from any number of threads at once."""

    @property
    def tokenizer(self) -> Any:
        """What splits a text; it has at least ``get_vocab_size()`` and ``decode(ids, …)``."""

    def encode(
        self, texts: Sequence[str], max_length: int | None, prompt: str = "", exact: bool = False
    ) -> Encoded:
        """Ids of prompt + text, cut to `max_length` tokens; full lengths of cut texts need be `exact` or not.

        Raises:
            InputError: a text is not encodable.
        """


def encoder_for(text: Text) -> Encoder:
    """The encoder of a model, by what the model says about its text.

    Raises:
        BadModel: its tokenizer cannot be read, or it has none.
        Unsupported: a library that its tokenizer needs is not installed.
    """
    return WordEncoder(read_words(text)) if text.words else TextEncoder(text)
