"""Texts to token ids: tokenised once, in Rust, without padding; special tokens added and cut here.

The tokenizer's own truncation and padding are state that every caller would share. They stay off:
where special tokens stand is found out once, and a text is cut by slicing its ids, so that one
tokenizer serves any number of threads and maximum lengths.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import BadModel
from isomorph.preprocess.encoded import Encoded
from isomorph.preprocess.guard import as_bad_model, is_of_the_tokenizer
from isomorph.preprocess.inputs import lone_surrogate
from isomorph.preprocess.pieces import Pieces, Tokens
from isomorph.preprocess.text import Text

if TYPE_CHECKING:
    from tokenizers import Tokenizer


class TextEncoder:
    """A model's tokenizer with its special tokens and its maximum length."""

    def __init__(self, text: Text) -> None:
        if text.folder is None:
            raise BadModel("The first module of this model has no tokenizer.")
        self.text = text
        # These import the Rust library.
        from isomorph.preprocess.frame import special_ends
        from isomorph.preprocess.tokenizer_files import load_tokenizer

        self.tokenizer = load_tokenizer(text)
        self._pieces = Pieces(self.tokenizer)
        with as_bad_model(f"The tokenizer in {text.folder} cannot be used"):
            ends = special_ends(self.tokenizer) if text.special_tokens else ((), ())
            self._unwanted = None if text.unknown_tokens else _unknown_token(self.tokenizer)
        self._prefix, self._suffix = ends

    def turned(self) -> TextEncoder:
        """The same, which cuts texts on their other side."""
        side = "right" if self.text.truncation_side == "left" else "left"
        return self.saying(replace(self.text, truncation_side=side))

    def saying(self, text: Text) -> TextEncoder:
        """The same tokenizer for texts of which something else is said that it knows nothing of."""
        other = copy(self)
        other.text = text
        return other

    def encode(
        self, texts: Sequence[str], max_length: int | None, prompt: str = "", exact: bool = False
    ) -> Encoded:
        """Ids of prompt + text, cut to `max_length` tokens with the special tokens kept.

        Unless full lengths must be `exact`, no more of a text is read than is kept of it.

        Raises:
            InputError: a text is not encodable.
        """
        special = len(self._prefix) + len(self._suffix)
        room = None if max_length is None else max(0, max_length - special)
        before, behind = self.text.around
        before += prompt
        whole = [before + text + behind for text in texts] if before or behind else texts
        plain = self.plain_ids(whole, room, exact)
        rows = [self._row(tokens.ids) for tokens in plain]
        cut_off = np.array([tokens.count - len(tokens.ids) for tokens in plain], np.int64)
        lengths = np.fromiter(map(len, rows), np.int64, len(rows))
        prompted = partial(self._prompt_length, prompt, room) if prompt else 0
        return Encoded(tuple(rows), lengths, lengths + cut_off, prompted, text=self.text)

    def _row(self, ids: list[int]) -> NDArray[np.int64]:
        """The ids of one text with its special tokens, without those that the model leaves out."""
        if self._prefix or self._suffix:
            ids = [*self._prefix, *ids, *self._suffix]
        row = np.array(ids, np.int64)
        return row if self._unwanted is None else row[row != self._unwanted]

    def plain_ids(
        self, texts: Sequence[str], room: int | None = None, exact: bool = True
    ) -> list[Tokens]:
        """Ids without special tokens: of each text the `room` that are kept of it, None for all of them.

        Unless they must be `exact`, counts that are greater than `room` may be less than they are.

        Raises:
            InputError: a text is not encodable.
            BadModel: the tokenizer cannot do it, such as one without a token for what it does not know.
        """
        try:
            return self._pieces.tokens(texts, room, self.text.truncation_side == "left", exact)
        except (TypeError, UnicodeEncodeError) as cause:
            raise lone_surrogate(texts) or cause from cause
        except BaseException as cause:
            if not is_of_the_tokenizer(cause):
                raise
            why = f"The tokenizer in {self.text.folder} cannot split a text: {str(cause)[:200]}"
            raise BadModel(why) from cause

    def cut(self, ids: list[int], room: int) -> list[int]:
        """The `room` ids that are kept of a text: its first ones, or its last ones."""
        if self.text.truncation_side == "left":
            return ids[max(0, len(ids) - room) :]
        return ids[:room]

    def _prompt_length(self, prompt: str, room: int | None) -> int:
        """Tokens of the prompt alone, leading special tokens included.

        At most the `room` of a row: where a prompt fills it, the closing special tokens are left over.
        """
        count = self.plain_ids([prompt], 0)[0].count
        return len(self._prefix) + (count if room is None else min(count, room))


def _unknown_token(tokenizer: Tokenizer) -> int | None:
    """The id of what the vocabulary does not hold, None where there is no such token."""
    token = getattr(tokenizer.model, "unk_token", None)
    found: int | None
    if token is not None:
        found = tokenizer.token_to_id(token)
    else:  # Unigram's Python class does not say
        found = json.loads(tokenizer.to_str())["model"].get("unk_id")
    return found
