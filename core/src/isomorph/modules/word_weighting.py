"""One weight a word of a vocabulary, such as its inverse document frequency: of BoW and WordWeights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from isomorph.errors import BadModel


def vocabulary(config: Mapping[str, Any], kind: str, path: str) -> list[str]:
    """The words of a configuration, by id.

    Raises:
        BadModel: there are none, or they are no texts.
    """
    words = config.get("vocab")
    if not isinstance(words, list) or not words or not all(isinstance(w, str) for w in words):
        raise BadModel(f"{kind} in {path!r} has no 'vocab', a list of words that is not empty.")
    return words


def weights_of(
    words: Sequence[str], config: Mapping[str, Any], kind: str, path: str
) -> tuple[float, ...]:
    """A weight for each word: its own, else that of the word in lower case, else the one for unknown words.

    Raises:
        BadModel: a weight is no number.
    """
    known, unknown = config.get("word_weights", {}), config.get("unknown_word_weight", 1)
    try:
        return tuple(float(known.get(word, known.get(word.lower(), unknown))) for word in words)
    except (AttributeError, TypeError, ValueError) as cause:
        raise BadModel(f"{kind} in {path!r} has weights that are no numbers: {cause}.") from cause
