"""What the first module of a model is fed for a batch, for whoever wants to see it or run it alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from isomorph.contract import Values
from isomorph.errors import InputError
from isomorph.plugins.decoders import with_decoders
from isomorph.preprocess.inputs import as_list
from isomorph.preprocess.protocol import Treatment
from isomorph.preprocess.text import Text
from isomorph.runtime.lengths import TASKS, Lengths

if TYPE_CHECKING:
    from isomorph.runtime.loaded import Loaded
    from isomorph.runtime.pipeline import Pipeline


def first_feeds(
    loaded: Loaded,
    inputs: Sequence[Any],
    prompt: str,
    cut: int | None = None,
    task: str | None = None,
    side: str | None = None,
) -> Values:
    """Arrays by name for a batch, padded to its longest input; {} for an empty one.

    Texts are cut at `cut` tokens, None for where the model cuts those of the `task`, whose queries may be
    filled up. They are cut on the `side`, None for the model's own.

    Raises:
        InputError: an element is nothing that the model takes, they are of several modalities, or there is
            no route for the task.
    """
    batch = with_decoders(as_list(inputs), loaded.whole.takes)
    if not batch:
        return {}
    if task is not None and task not in TASKS and not loaded.whole.routers:
        raise InputError(
            f"This model has no Router, so there is no task {task!r}; known: {', '.join(TASKS)}."
        )
    pipeline, lengths = _way(loaded, batch, task)
    paired = pipeline.inputs.holds_pairs(batch)
    _, items = pipeline.inputs.read(batch, paired)
    if cut is not None:
        cut = lengths.asked(task, cut)
    elif pipeline.inputs.prompted:
        cut = lengths.length(task)
    if side == "left" and not isinstance(pipeline.inputs, Text):
        raise InputError("truncation_side in processing_kwargs is for models of texts alone.")
    how = Treatment(
        prompt=prompt,
        max_length=cut,
        task=task,
        pairs=paired,
        expansion=lengths.filling(task),
        truncation_side=side,
    )
    prepared = pipeline.preparer.prepare(items, how)
    width = max(1, int(prepared.lengths.max()))
    return prepared.feeds(range(len(items)), width, 0, pipeline.model.graph.inputs)


def _way(loaded: Loaded, batch: Sequence[Any], task: str | None) -> tuple[Pipeline, Lengths]:
    """The pipeline for inputs of a task and of the modality of a batch, and how long they may be."""
    found, lengths = loaded.routing.way(task)
    from isomorph.runtime.pipeline import Pipeline

    if isinstance(found, Pipeline):
        return found, lengths
    _, items = found.inputs.read(batch)
    modalities = list(dict.fromkeys(each.modality for each in items))
    if len(modalities) > 1:
        raise InputError(
            f"These are {' and '.join(modalities)} inputs, which are fed to different modules: take those of "
            "one modality at a time."
        )
    return next(each for each in loaded.routing if each.inputs.modality == modalities[0]), lengths
