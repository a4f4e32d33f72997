"""The texts of a measurement: the user's, or a mix that is said to be one; and short ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from isomorph.evaluation.sentences import SENTENCES, mixed_texts

OWN = 432
"""Texts of `mixed_texts` that make the default mix; the few that are equal count once."""
SHORT = 480
"""Short texts, all different: a sentence each."""


def default_mix() -> list[str]:
    """Texts of one to nine sentences, for those who give none."""
    return list(dict.fromkeys(mixed_texts(OWN)))


def short_texts() -> list[str]:
    """Texts of one sentence with a number behind it."""
    return [f"{SENTENCES[index % len(SENTENCES)]} {index}" for index in range(SHORT)]


def cross_section(texts: Sequence[str], count: int) -> list[str]:
    """So many of the texts with lengths as all of them have, in an order that tells nothing of lengths."""
    ordered = sorted(texts, key=len)
    found = [ordered[place] for place in _places(len(ordered), min(count, len(ordered)))]
    Random(0).shuffle(found)
    return found


def _places(many: int, few: int) -> Iterator[int]:
    """The middles of `few` equal parts of `many`."""
    return ((2 * index + 1) * many // (2 * few) for index in range(few))
