"""Query expansion: short queries are filled up with a token whose vectors count as the query's own.

As in ColBERT (Khattab and Zaharia 2020, arXiv:2004.12832), where it is the mask token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import BadModel
from isomorph.messages.shown import shown
from isomorph.preprocess.encoded import Encoded

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from isomorph.preprocess.tokenize import TextEncoder

_KEYS = ("strategy", "length", "attend", "token")


LONGEST = 1 << 16
"""Tokens to which queries are filled up at most; published models take 32 to 512."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """``fixed`` cuts and fills queries to `length` tokens, ``min`` only fills them.

    The tokens that fill are `token`, None for the tokenizer's mask token, or without one its end token.
    Other tokens see them only with `attend`.
    """

    length: int
    strategy: str = "fixed"
    attend: bool = False
    token: str | None = None

    @classmethod
    def of(cls, settings: Mapping[str, Any] | None) -> Expansion | None:
        """Reads the setting ``query_expansion`` of a transformer module; None where there is none.

        Raises:
            BadModel: unknown keys or strategy, no length, or values of another type.
        """
        if settings is None or settings == {}:
            return None
        if not isinstance(settings, Mapping) or not _is_valid(settings):
            raise BadModel(
                f"query_expansion {shown(settings)} needs a length of 1 to {LONGEST} and a strategy, fixed "
                f"or min; known keys: {', '.join(_KEYS)}; attend is true or false, token a text."
            )
        attend = settings.get("attend", False)
        return cls(settings["length"], settings["strategy"], attend, settings.get("token"))

    def limit(self, own: int | None, whole: int | None) -> int | None:
        """Where queries are cut that have a length of their `own`, or else that of all texts."""
        if self.strategy == "fixed":
            return self.length
        return whole if own is None else max(own, self.length)


class ExpandingEncoder:
    """A `TextEncoder` whose rows are filled up."""

    def __init__(self, encoder: TextEncoder, expansion: Expansion) -> None:
        """Finds the token to fill with.

        Raises:
            BadModel: the tokenizer does not have it.
        """
        self._encoder = encoder
        self._expansion = expansion
        self._token = _filling(encoder.tokenizer, expansion.token, encoder.text.filler)

    def encode(
        self, texts: Sequence[str], max_length: int | None, prompt: str = "", exact: bool = False
    ) -> Encoded:
        """As `TextEncoder.encode`; rows have at least the expansion's length."""
        encoded = self._encoder.encode(texts, max_length, prompt, exact)
        rows = [self._filled(row) for row in encoded.ids]
        seen = [
            self._seen(len(row), len(full)) for row, full in zip(encoded.ids, rows, strict=True)
        ]
        lengths = np.fromiter(map(len, rows), np.int64, len(rows))
        cut = encoded.full_lengths - encoded.lengths
        return replace(
            encoded, ids=tuple(rows), lengths=lengths, full_lengths=lengths + cut, seen=tuple(seen)
        )

    def _filled(self, row: NDArray[np.int64]) -> NDArray[np.int64]:
        missing = max(0, self._expansion.length - len(row))
        return np.concatenate([row, np.full(missing, self._token, np.int64)])

    def _seen(self, own: int, length: int) -> NDArray[np.int64]:
        seen = np.ones(length, np.int64)
        if not self._expansion.attend:
            seen[own:] = 0
        return seen


def _is_valid(settings: Mapping[str, Any]) -> bool:
    length, token = settings.get("length"), settings.get("token")
    return (
        set(settings) <= set(_KEYS)
        and settings.get("strategy") in ("fixed", "min")
        and type(length) is int
        and 1 <= length <= LONGEST
        and isinstance(settings.get("attend", False), bool)
        and (token is None or isinstance(token, str))
    )


def _filling(tokenizer: Tokenizer, token: str | None, filler: str | None) -> int:
    for candidate in (token,) if token is not None else (filler, "[MASK]", "<mask>"):
        found = tokenizer.token_to_id(candidate) if candidate else None
        if found is not None:
            return int(found)
    raise BadModel(
        f"query_expansion fills with {token or 'the mask token'}, which the tokenizer does not have."
    )
