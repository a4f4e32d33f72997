"""Texts as they are, for servers that cut them into tokens themselves: UTF-8 across the border."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.hookspecs import Feed, ItemInputs, ItemPreparer, Items, Treatment

END = -1
"""Stands behind the last byte of a text."""


@dataclass(frozen=True)
class Texts(ItemInputs):
    """Texts whose lengths are bytes."""

    modality = "text"
    unit = "bytes"
    prompted = True

    def feeds(self, names: Collection[str]) -> Mapping[str, Feed]:
        """The bytes of each text, (rows, width)."""
        return {"utf8": Feed("int64", ("rows", "width"))}

    def is_single(self, inputs: Any) -> bool:
        """A text is one."""
        return isinstance(inputs, str)

    def item(self, value: Any, index: int) -> str:
        """The text.

        Raises:
            InputError: it is none, or holds half of a character.
        """
        if not isinstance(value, str):
            raise InputError(
                f"Input {index} is {type(value).__name__}; a model on a server takes texts."
            )
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as cause:
            raise InputError(f"Input {index} is no text that UTF-8 can write: {cause}.") from cause
        return value

    def keys(self, items: Sequence[str]) -> Sequence[Hashable]:
        """The texts."""
        return items

    def cost(self, item: str, max_length: int | None = None) -> int:
        """Its characters."""
        return len(item)

    def sample(self, length: int, seed: int = 0) -> str:
        """Words of about so many letters."""
        words = np.random.default_rng(seed).integers(0, 26, max(1, length))
        return "".join(chr(97 + letter) for letter in words.tolist())

    def preparer(self) -> ItemPreparer:
        """There is nothing to load."""
        return TextsPreparer()


class TextsPreparer(ItemPreparer):
    """Texts are bytes already; a prompt goes in front of them."""

    def prepare(self, items: Sequence[str], how: Treatment, first: int = 0) -> Items:
        """The bytes of each text behind the prompt."""
        found = [(how.prompt + each).encode("utf-8") for each in items]
        return Written(np.array([len(each) for each in found], np.int64), found)


@dataclass(frozen=True)
class Written(Items):
    """Texts in UTF-8."""

    found: Sequence[bytes]

    def feeds(
        self, rows: Sequence[int], width: int, blank: int, names: Sequence[str]
    ) -> Mapping[str, NDArray[Any]]:
        """The bytes as numbers, and `END` behind them."""
        made = np.full((len(rows) + blank, width), END, np.int64)
        for row, index in enumerate(rows):
            text = self.found[index]
            made[row, : len(text)] = np.frombuffer(text, np.uint8)
        return {"utf8": made}


def texts_of(utf8: NDArray[np.int64]) -> list[str]:
    """The texts of such feeds; that of a blank row is empty."""
    return [row[row != END].astype(np.uint8).tobytes().decode("utf-8") for row in utf8]
