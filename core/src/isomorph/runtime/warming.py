"""Forwards that nobody asked for, so that what an engine compiles is there before the first call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from isomorph.errors import InputError, OutOfMemory
from isomorph.runtime.job import Job
from isomorph.runtime.rows import forward
from isomorph.schedule.batches import Batch

if TYPE_CHECKING:
    from isomorph.runtime.loaded import Loaded
    from isomorph.runtime.pipeline import Pipeline
    from isomorph.runtime.plan import Runner

SHORT = 8
"""Positions of the one input that an engine gets which compiles for no shape."""
UNBOUNDED = 512
"""Positions up to which shapes are made for a model without a longest input."""


def warm_up(loaded: Loaded) -> int:
    """Loads all chains of a model, and runs a forward of every shape; their number.

    Raises:
        OutOfMemory: the device has not enough memory for the smallest forward of some width.
    """
    return sum(_warm(pipeline, length) for pipeline, length in loaded.routing.truncations())


def _warm(pipeline: Pipeline, max_length: int | None) -> int:
    """As `warm_up`, of one chain: what calls of one input use, and what those of many do."""
    job = Job(output=pipeline.model.graph.outputs[0], max_length=max_length)
    runners = {pipeline.runner_for(job, shared) for shared in (True, False)}
    return sum(_warmed(pipeline, runner, pipeline.bounded(job, runner.plan)) for runner in runners)


def _warmed(pipeline: Pipeline, runner: Runner, job: Job) -> int:
    longest = job.max_length or pipeline.inputs.longest or UNBOUNDED
    shapes = runner.shapes(longest)
    if not shapes:
        return _warmed_once(pipeline, runner, job, min(SHORT, longest))
    done = 0
    for rows, width in sorted(shapes, key=lambda shape: shape[0] * shape[1]):
        how = Job(output=job.output, max_length=min(width, longest))
        try:
            prepared = pipeline.preparer.prepare([pipeline.inputs.sample(width)], how)
        except InputError:  # an image is never cut, and none fits into this width
            continue
        batch = Batch((0,), width, rows - 1)
        if prepared.lengths[0] > width or not runner.sizes.holds(rows * width):
            continue
        try:
            forward(runner, batch, prepared, job.output)
        except OutOfMemory:
            if rows == min(own for own, other in shapes if other == width):
                raise
            runner.sizes.shrink(rows * width)
        else:
            done += 1
    return done


def _warmed_once(pipeline: Pipeline, runner: Runner, job: Job, width: int) -> int:
    """One forward of an engine that compiles for no shape: about this wide, or as an image needs."""
    how = Job(output=job.output, max_length=job.max_length)
    prepared = pipeline.preparer.prepare([pipeline.inputs.sample(width)], how)
    forward(runner, Batch((0,), int(prepared.lengths[0]), 0), prepared, job.output)
    return 1
