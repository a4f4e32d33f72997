"""Sentencepiece's byte pairs: of all neighbours that make a piece together the best ones are joined first.

Sennrich et al. 2016, arXiv:1508.07909. Of equally good ones the first in the text count, where the tokenizers
library goes by how a piece was made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush

from isomorph.errors import BadModel
from isomorph.preprocess.vocabulary.best_path import LONGEST


class JoinedPairs:
    """Splits a text by joining characters to pieces."""

    def __init__(self, pieces: Sequence[tuple[str, float]]) -> None:
        """Takes pieces with their scores.

        Raises:
            BadModel: one of them is so long that each character of a text would cost much.
        """
        self._scores = dict(pieces)
        longest = max(map(len, self._scores), default=0)
        if longest > LONGEST:
            raise BadModel(f"it has a piece of {longest:,} characters, over {LONGEST}")

    @property
    def parts_at_spaces(self) -> bool:
        """Whether every text has a border in front of each ``▁``: no piece has one but at its beginning."""
        return not any("▁" in piece[1:] for piece in self._scores)

    def split(self, text: str) -> Iterator[str]:
        """The pieces; of characters without one, those that are neighbours come together."""
        unknown = ""
        for piece in self._joined(text):
            if piece not in self._scores:
                unknown += piece
                continue
            if unknown:
                yield unknown
            unknown = ""
            yield piece
        if unknown:
            yield unknown

    def _joined(self, text: str) -> list[str]:
        """What is left of the characters when no two neighbours make a piece."""
        parts = list(text)
        after = [*range(1, len(parts)), -1]
        before = list(range(-1, len(parts) - 1))
        waiting: list[tuple[float, int, int]] = []

        def offer(left: int, right: int) -> None:
            if left < 0 or right < 0:
                return
            score = self._scores.get(parts[left] + parts[right])
            if score is not None:
                size = len(parts[left]) + len(parts[right])
                heappush(waiting, (-score, left, size))

        for place in range(len(parts) - 1):
            offer(place, place + 1)
        while waiting:
            _, left, size = heappop(waiting)
            right = after[left]
            if not parts[left] or right < 0 or len(parts[left]) + len(parts[right]) != size:
                continue  # one of the two has been joined with another since
            parts[left], parts[right] = parts[left] + parts[right], ""
            after[left] = after[right]
            if after[left] >= 0:
                before[after[left]] = left
            offer(before[left], left)
            offer(left, after[left])
        return [part for part in parts if part]
