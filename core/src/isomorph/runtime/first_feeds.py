"""What the first module of a model is fed for a batch, for whoever wants to see it or run it alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from isomorph.contract import Values
from isomorph.preprocess.inputs import as_list
from isomorph.preprocess.protocol import Treatment
from isomorph.runtime.loaded import Loaded


def first_feeds(loaded: Loaded, inputs: Sequence[Any], prompt: str) -> Values:
    """Arrays by name for a batch, padded to its longest input; {} for an empty one.

    Raises:
        InputError: an element is nothing that the model takes.
    """
    batch = as_list(inputs)
    if not batch:
        return {}
    pipeline = loaded.pipeline
    paired = pipeline.inputs.holds_pairs(batch)
    _, items = pipeline.inputs.read(batch, paired)
    how = Treatment(prompt=prompt, max_length=loaded.routing.max_length, pairs=paired)
    prepared = pipeline.preparer.prepare(items, how)
    width = max(1, int(prepared.lengths.max()))
    return prepared.feeds(range(len(items)), width, 0, pipeline.model.graph.inputs)
