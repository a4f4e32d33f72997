"""What the first module of a model is fed for a batch, for whoever wants to see it or run it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from isomorph.contract import Values
from isomorph.errors import InputError
from isomorph.plugins.decoders import with_decoders
from isomorph.preprocess.inputs import as_list
from isomorph.preprocess.protocol import Treatment
from isomorph.runtime.lengths import TASKS, Lengths
from isomorph.runtime.processing import Said, followed

if TYPE_CHECKING:
    from isomorph.runtime.loaded import Loaded
    from isomorph.runtime.pipeline import Pipeline


def first_feeds(
    loaded: Loaded,
    inputs: Sequence[Any],
    prompt: str,
    task: str | None = None,
    said: Said | None = None,
) -> Values:
    """Arrays by name for a batch, padded to its longest input; {} for an empty one.

    Texts are cut where the model cuts those of the `task`, whose queries may be filled up, unless
    ``processing_kwargs`` (`said`) say otherwise.

    Raises:
        InputError: an element is nothing that the model takes, they are of several modalities, there is no
            route for the task, or what is `said` is not done.
    """
    batch = with_decoders(as_list(inputs), loaded.whole.takes)
    if not batch:
        return {}
    if task is not None and task not in TASKS and not loaded.whole.routers:
        raise InputError(
            f"This model has no Router, so there is no task {task!r}; known: {', '.join(TASKS)}."
        )
    pipeline, lengths, own = _way(loaded, batch, task, said)
    paired = pipeline.inputs.holds_pairs(batch)
    _, items = pipeline.inputs.read(batch, paired)
    length = lengths.length(task) if pipeline.inputs.prompted else None
    how = Treatment(
        prompt=prompt,
        max_length=own.get("max_length", length),
        task=task,
        pairs=paired,
        expansion=lengths.filling(task),
        truncation_side=own.get("truncation_side"),
    )
    prepared = pipeline.preparer.prepare(items, how)
    width = max(1, int(prepared.lengths.max()))
    return prepared.feeds(range(len(items)), width, 0, pipeline.model.graph.inputs)


def _way(
    loaded: Loaded, batch: Sequence[Any], task: str | None, said: Said | None
) -> tuple[Pipeline, Lengths, Mapping[str, Any]]:
    """The pipeline for inputs of a task and of a batch's modality, their lengths, and what a call says."""
    found, lengths = loaded.routing.way(task)
    found, own = followed(said, found, lengths, task) if said else (found, {})
    from isomorph.runtime.pipeline import Pipeline

    if isinstance(found, Pipeline):
        return found, lengths, own
    _, items = found.inputs.read(batch)
    modalities = list(dict.fromkeys(each.modality for each in items))
    if len(modalities) > 1:
        raise InputError(
            f"These are {' and '.join(modalities)} inputs, which are fed to different modules: take those of "
            "one modality at a time."
        )
    return found.of(modalities[0]), lengths, own
