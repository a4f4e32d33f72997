"""Where the texts and images of a workload come from."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from isomorph.errors import InputError
from isomorph_bench.workloads.given import ARRAY
from isomorph_bench.workloads.texts import long_texts, mixed_texts, short_texts

FILES, ARRAYS = "photos", "arrays"


@dataclass(frozen=True, slots=True)
class Sources:
    """What a user gave beside the texts that everybody has.

    `own` are the lines of the user's file; `photos` are paths of images.
    """

    own: Sequence[str] = ()
    photos: Sequence[str] = ()

    def take(self, source: str, count: int, tokens: int = 0) -> list[str]:
        """`count` items, no two alike: what was computed once must not count as fast.

        The user's file gives as many as it holds. `tokens` is asked of made texts.

        Raises:
            InputError: there is no file, or there are too few photos.
        """
        if source == "file":
            if not self.own:
                raise InputError("The workload 'file' needs --texts FILE.")
            return list(dict.fromkeys(self.own))[:count]
        if source in (FILES, ARRAYS):
            if len(self.photos) < count:
                raise InputError(f"There are {len(self.photos)} photos of {count}.")
            mark = ARRAY if source == ARRAYS else ""
            return [f"{mark}{path}" for path in self.photos[:count]]
        if source == "made":
            return made_texts(count, tokens)
        return {"mixed": mixed_texts, "short": short_texts, "long": long_texts}[source](count)


def made_texts(count: int, tokens: int, special: int = 2) -> list[str]:
    """Different texts of single letters, which are a token each in a vocabulary of words or pieces.

    `special` tokens of `tokens` are those that the tokenizer adds.
    """
    draw, letters = random.Random(tokens), "abcdefghijklmnopqrstuvwxyz"
    return [" ".join(draw.choices(letters, k=max(1, tokens - special))) for _ in range(count)]
