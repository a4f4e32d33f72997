"""Sentencepiece's Unigram with its own choice among equals, which the tokenizers library makes otherwise.

Kudo 2018, arXiv:1804.10959. Scores are added in single precision from the left, and of equally good paths to
a place the one whose last piece is the longest counts.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from isomorph.errors import BadModel

LONGEST = 256
"""Characters of a piece at most; the longest published ones have 64."""
_UNKNOWN = 10.0
"""How much worse than the worst piece a character without one is."""


class BestPath:
    """Splits a text into the pieces of the best path."""

    def __init__(self, pieces: Sequence[tuple[str, float]]) -> None:
        """Takes pieces with their scores.

        Raises:
            BadModel: one of them is so long that each character of a text would cost much.
        """
        self._scores = dict(pieces)
        self._unknown = _single(min(self._scores.values(), default=0.0) - _UNKNOWN)
        self._longest = max(map(len, self._scores), default=0)
        if self._longest > LONGEST:
            raise BadModel(f"it has a piece of {self._longest:,} characters, over {LONGEST}")

    @property
    def parts_at_spaces(self) -> bool:
        """Whether every path has a border in front of each ``▁``: no piece has one but at its beginning."""
        return not any("▁" in piece[1:] for piece in self._scores)

    def split(self, text: str) -> Iterator[str]:
        """The pieces; of characters without one, those that are neighbours come together."""
        starts = self._paths(text)
        found, end = [], len(text)
        while end:
            found.append((starts[end], end))
            end = starts[end]
        unknown = ""
        for start, end in reversed(found):
            piece = text[start:end]
            if piece not in self._scores:
                unknown += piece
                continue
            if unknown:
                yield unknown
            unknown = ""
            yield piece
        if unknown:
            yield unknown

    def _paths(self, text: str) -> list[int]:
        """Where the last piece of the best path to each place begins."""
        best, starts = [0.0] + [0.0] * len(text), [-1] * (len(text) + 1)
        for start in range(len(text)):
            alone = False
            for end in range(start + 1, min(start + self._longest, len(text)) + 1):
                score = self._scores.get(text[start:end])
                if score is not None:
                    alone |= end == start + 1
                    _take(best, starts, start, end, score)
            if not alone:
                _take(best, starts, start, start + 1, self._unknown)
        return starts


def _take(best: list[float], starts: list[int], start: int, end: int, score: float) -> None:
    reached = _single(best[start] + score)
    if starts[end] < 0 or reached > best[end]:
        best[end], starts[end] = reached, start


def _single(number: float) -> float:
    """The nearest number of single precision."""
    return float(struct.unpack("<f", struct.pack("<f", number))[0])
