"""What changes of single weights must know of a model: matrices that are stored once, and turned ones."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from isomorph.encoders.config import Config
from isomorph.encoders.describe import describe, family_of, text_options
from isomorph.encoders.description import Embeddings
from isomorph.encoders.names import stands_behind
from isomorph.encoders.tensors import turned_layers
from isomorph.errors import IsomorphError


def tied_names(config: Config, names: Collection[str]) -> Mapping[str, str]:
    """Matrices that a model has and its files lack, each with the stored table that stands in for it.

    Args:
        config: a ``config.json``; of an architecture without a family nothing is known.
        names: the tensors that are stored.
    """
    if family_of(config) is None:
        return {}
    try:
        words = describe(config).embeddings
        wanted = tuple(_matrices(config))
    except IsomorphError:  # which whoever reads the model raises again
        return {}
    found = [(word, full) for word in _tables(words) for full in stands_behind(names, word)]
    if not found:
        return {}
    word, table = found[0]
    prefix = table.removesuffix(word)
    halves = (prefix + words.own,) if words.own else ()
    absent = [n for n in wanted if n not in names and prefix + n not in names]
    return dict.fromkeys((*absent, *(n for n in halves if n not in names)), table)


def turned_names(config: Config) -> frozenset[str] | None:
    """Layers of an encoder whose weights are stored as (inputs, outputs); None where no family knows."""
    if family_of(config) is None:
        return None
    try:
        return turned_layers(describe(config))
    except IsomorphError:
        return None


def _tables(words: Embeddings) -> tuple[str, ...]:
    return (words.word, *(name for name in words.also if name != words.own))


def _matrices(config: Config) -> Iterator[str]:
    """The matrices of the family's heads that may be the table of words, by their names."""
    family, options = family_of(config), text_options(config)
    if family is not None and family.causal_lm is not None:
        causal = family.causal_lm(options)
        if causal.tied:
            yield causal.weight
    if family is not None and family.masked_lm is not None:
        masked = family.masked_lm(options, describe(config))
        if masked.tied and masked.weight:
            yield masked.weight
