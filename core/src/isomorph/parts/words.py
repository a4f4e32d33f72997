"""Parts with a vocabulary of words, and a weight for each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from isomorph.modules import bow, word_weights
from isomorph.parts.part import Described


@dataclass(frozen=True)
class BoW(Described):
    """Texts to how often each word of a vocabulary stands in them.

    Attributes:
        vocab: the words.
        word_weights: by word; a word without one has `unknown_word_weight`.
        unknown_word_weight: see `word_weights`.
        cumulative_term_frequency: False counts a word once.
    """

    _kind = bow.KIND
    vocab: Sequence[str]
    word_weights: Mapping[str, float] = field(default_factory=dict)
    unknown_word_weight: float = 1
    cumulative_term_frequency: bool = True

    def settings(self) -> Mapping[str, Any]:
        """What its ``config.json`` holds."""
        return {
            "vocab": list(self.vocab),
            "word_weights": dict(self.word_weights),
            "unknown_word_weight": self.unknown_word_weight,
            "cumulative_term_frequency": self.cumulative_term_frequency,
        }


@dataclass(frozen=True)
class WordWeights(Described):
    """Token vectors times the weights of their words.

    Attributes:
        vocab: the words by id.
        word_weights: by word; a word without one has `unknown_word_weight`.
        unknown_word_weight: see `word_weights`.
    """

    _kind = word_weights.KIND
    vocab: Sequence[str]
    word_weights: Mapping[str, float]
    unknown_word_weight: float = 1

    def settings(self) -> Mapping[str, Any]:
        """What its ``config.json`` holds."""
        return {
            "vocab": list(self.vocab),
            "word_weights": dict(self.word_weights),
            "unknown_word_weight": self.unknown_word_weight,
        }
