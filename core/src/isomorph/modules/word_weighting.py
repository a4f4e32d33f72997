"""One weight a word of a vocabulary, such as its inverse document frequency: of BoW and WordWeights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from isomorph.files.schema import NUMBER, TEXT, ListOf, MapOf, Schema

WORD_WEIGHTS: Schema = {
    "vocab": ListOf(TEXT, least=1),
    "word_weights": MapOf(NUMBER),
    "unknown_word_weight": NUMBER,
}
"""The keys of a configuration with a vocabulary."""


def vocabulary(config: Mapping[str, Any]) -> list[str]:
    """The words of a configuration, by id."""
    return list(config["vocab"])


def weights_of(words: Sequence[str], config: Mapping[str, Any]) -> tuple[float, ...]:
    """A weight for each word: its own, else that of its lower case, else the one for unknown words."""
    known, unknown = config.get("word_weights", {}), config.get("unknown_word_weight", 1)
    return tuple(float(known.get(word, known.get(word.lower(), unknown))) for word in words)
