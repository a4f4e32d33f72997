"""What the first module of a model is fed for a batch, for whoever wants to see it or run it alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from isomorph.contract import Values
from isomorph.errors import InputError
from isomorph.plugins.decoders import with_decoders
from isomorph.preprocess.inputs import as_list
from isomorph.preprocess.protocol import Treatment
from isomorph.runtime.loaded import Loaded
from isomorph.runtime.mixed import MixedInputs
from isomorph.runtime.pipeline import Pipeline


def first_feeds(
    loaded: Loaded, inputs: Sequence[Any], prompt: str, cut: int | None = None
) -> Values:
    """Arrays by name for a batch, padded to its longest input; {} for an empty one.

    Texts are cut at `cut` tokens, None for where the model cuts them.

    Raises:
        InputError: an element is nothing that the model takes, or they are of several modalities.
    """
    batch = with_decoders(as_list(inputs), loaded.whole.takes)
    if not batch:
        return {}
    pipeline = _pipeline(loaded, batch)
    paired = pipeline.inputs.holds_pairs(batch)
    _, items = pipeline.inputs.read(batch, paired)
    if cut is None and pipeline.inputs.prompted:
        cut = loaded.routing.max_length
    how = Treatment(prompt=prompt, max_length=cut, pairs=paired)
    prepared = pipeline.preparer.prepare(items, how)
    width = max(1, int(prepared.lengths.max()))
    return prepared.feeds(range(len(items)), width, 0, pipeline.model.graph.inputs)


def _pipeline(loaded: Loaded, batch: Sequence[Any]) -> Pipeline:
    """The one for inputs of this modality."""
    taken = loaded.routing.inputs
    if not isinstance(taken, MixedInputs):
        return loaded.pipeline
    _, items = taken.read(batch)
    modalities = list(dict.fromkeys(each.modality for each in items))
    if len(modalities) > 1:
        raise InputError(
            f"These are {' and '.join(modalities)} inputs, which are fed to different modules: take those of "
            "one modality at a time."
        )
    return next(each for each in loaded.routing if each.inputs.modality == modalities[0])
