"""Feeds for a model: what core would pass to it, of seeded inputs; of texts, seeded ids in their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.encoders.heads.describe import describe_classifier
from isomorph.encoders.towers import towers_of
from isomorph.model.model import Model
from isomorph.plugins.table import kind_named
from isomorph.preprocess.protocol import Treatment
from isomorph.preprocess.text import Text
from isomorph.testing.tokenizer import vocabulary

Item = Any
"""An input: of texts the ids, int64 (tokens,); of others what their `Inputs` made up."""
Feeds = dict[str, NDArray[Any]]

_ALL = 1 << 30
_SPECIAL = 5
"""Ids below this are special tokens in every tiny vocabulary."""


def positions(item: Item) -> int:
    """How many positions an input has; of one that does not say it as many as there are."""
    return len(item) if hasattr(item, "__len__") else _ALL


def is_ragged(model: Model) -> bool:
    """Whether the model reads rows of ids end to end instead of a padded matrix."""
    return model.graph.ragged


def vocabulary_size(model: Model) -> int:
    """How many ids the first module has vectors for; where any may come, those of the tiny tokenizer."""
    first = model.graph.modules[0]
    ids = kind_named(first.kind).ids
    return len(vocabulary()) if ids is None else ids(first)


def rows(model: Model, lengths: Sequence[int], seed: int = 0) -> list[Item]:
    """Inputs of these lengths, all distinct; ids are without padding, the first one a [CLS]."""
    if not isinstance(model.inputs, Text):
        seeds = range(seed, seed + len(lengths))
        return [model.inputs.sample(n, each) for n, each in zip(lengths, seeds, strict=True)]
    rng, size = np.random.default_rng(seed), vocabulary_size(model)
    found: list[Item] = []
    for index, length in enumerate(lengths):
        ids = rng.integers(_SPECIAL, size, length)
        if length:
            ids[0] = max((_SPECIAL + 7 * index + seed) % size, _SPECIAL)
        found.append(ids.astype(np.int64))
    return found


def batch(model: Model, texts: Sequence[Item], *, left: bool = False, extra: int = 0) -> Feeds:
    """Feeds for these inputs; `left` pads texts on the left, `extra` adds columns of padding."""
    if not isinstance(model.inputs, Text):
        prepared = model.inputs.preparer().prepare(texts, Treatment())
        width = int(prepared.lengths.max()) + extra
        return dict(prepared.feeds(range(len(texts)), width, 0, model.graph.inputs))
    lengths = np.array([len(ids) for ids in texts], np.int64)
    if is_ragged(model):
        offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]]).astype(np.int64)
        return {"input_ids": np.concatenate([*texts, np.zeros(0, np.int64)]), "offsets": offsets}
    shape = len(texts), int(lengths.max()) + extra
    feeds = {
        "input_ids": np.full(shape, model.inputs.pad_id, np.int64),
        "attention_mask": np.zeros(shape, np.int64),
        "token_type_ids": np.zeros(shape, np.int64),
        "prompt_length": np.minimum(np.maximum(lengths // 3, 1), lengths - 1),
    }
    for row, ids in enumerate(texts):
        place = slice(shape[1] - len(ids), None) if left else slice(0, len(ids))
        feeds["input_ids"][row, place] = ids
        feeds["attention_mask"][row, place] = 1
        feeds["token_type_ids"][row, place] = np.arange(len(ids)) >= (len(ids) + 1) // 2
    return {name: array for name, array in feeds.items() if name in model.graph.inputs}


def longest(model: Model, most: int | None = None) -> int:
    """The longest row to try: the model's own limit, within reason, or that of an engine's forwards."""
    return min(filter(None, (model.inputs.max_length, most, 100)))


def batches(model: Model, most: int | None = None) -> dict[str, Feeds]:
    """The batches on which every law about values is checked, by what is special about them.

    `most` are the positions of the widest forward, which are 12 or more.
    """
    several = [7, 2, 1, 12, 5]
    found = {
        "one short row": batch(model, rows(model, [6])),
        "several rows": batch(model, rows(model, several, seed=1)),
        "the longest row and the shortest": batch(
            model, rows(model, [longest(model, most), 1], seed=2)
        ),
    }
    if not isinstance(model.inputs, Text):
        return found
    if is_ragged(model):
        found["empty rows"] = batch(model, rows(model, [0, 3, 0, 4, 0], seed=3))
    elif not _reads_the_first_position(model):
        padded = rows(model, several, seed=4)
        found["several rows, padded left"] = batch(model, padded, left=True)
    if not is_ragged(model) and not model.inputs.special_tokens and _finite_without_tokens(model):
        found["rows without tokens"] = batch(model, rows(model, [0, 4, 0, 2], seed=3))
        found["nothing but rows without tokens"] = batch(model, rows(model, [0, 0]), extra=1)
    return found


def _reads_the_first_position(model: Model) -> bool:
    """Such heads and towers read it even where it is padding, and what stands there means nothing."""
    first = model.graph.modules[0].config
    family = towers_of(first["transformer"]) if "modality" in first else None
    if family is not None:
        return family.towers[first["modality"]].columns
    if first.get("task") != "sequence-classification":
        return False
    return describe_classifier(first["transformer"]).reads == "first"


def _finite_without_tokens(model: Model) -> bool:
    """A maximum over no token is -inf."""
    return not any("max" in module.config.get("modes", ()) for module in model.graph.modules)
