"""What is in effect for a loaded model, as its engine answers."""

from __future__ import annotations

import numpy as np

from isomorph.errors import InputError
from isomorph.machine.free_memory import resident_memory
from isomorph.runtime.job import Job
from isomorph.runtime.loaded import Loaded
from isomorph.runtime.number_types import coarsest
from isomorph.runtime.report import Report
from isomorph.runtime.stored import told_of_stored


def report_of(loaded: Loaded) -> Report:
    """What is in effect, and what happened to the inputs of the last call. Loads the model.

    Of a model with routes it speaks of the first that is open, and names all that are.
    """
    opened = dict(loaded.routing.opened())
    pipeline = next(iter(opened.values()), loaded.pipeline)
    plan = pipeline.plan
    effective = pipeline.runner(plan.model.graph.outputs[0]).effective
    call = loaded.last_call
    return Report(
        folder=plan.model.folder,
        backend=plan.info.name,
        engine=effective.engine,
        device=str(effective.device),
        provider=effective.provider,
        precision=coarsest(effective),
        threads=effective.threads,
        lanes=effective.lanes,
        sessions=pipeline.sessions,
        native=plan.claim.depth,
        modules=len(plan.model.graph),
        artifact=effective.artifact,
        max_seq_length=loaded.routing.max_length,
        routes=tuple(name for name in opened if name),
        stored=told_of_stored(plan.model, effective.weights),
        details=dict(effective.details),
        passed_over=plan.passed_over,
        tuned=plan.tuned,
        texts=call.texts,
        tokens=call.tokens,
        padding=call.padding,
        truncated=call.truncated,
    )


def dtype_of(loaded: Loaded) -> np.dtype[np.floating]:
    """The type of the arithmetic, as numpy's; float32 for bfloat16 and the like, which numpy lacks.

    Loads nothing: of a model that has not run it is what was asked for, or what the backend claims.
    """
    pipeline = loaded.pipeline
    arithmetic = pipeline.precision or pipeline.plan.claim.arithmetic
    if pipeline.is_open:
        arithmetic = loaded.open().effective.arithmetic
    return np.dtype(arithmetic if arithmetic in ("float16", "float64") else "float32")


def peak_memory(loaded: Loaded, texts: int, tokens: int | None) -> int | None:
    """Bytes that this process will hold at most while it encodes so many texts; runs the model once.

    Args:
        loaded: the model.
        texts: how many.
        tokens: how long they are at most; None for texts as long as the model reads, and more.

    Returns:
        None where the operations are known to the backend alone, which is also so for every device but
        the CPU, or where the system does not say what is resident.

    Raises:
        InputError: no `tokens` for a model without a longest text.
    """
    limit = loaded.routing.max_length
    if tokens is None and limit is None:
        raise InputError("This model has no longest text: say how many tokens the texts have.")
    longest = min(each for each in (tokens, limit) if each is not None)
    runner = loaded.open()
    # Engines take much of their memory, and read their weights, with the first forward.
    inputs = loaded.pipeline.inputs
    job = Job(output=loaded.model.graph.outputs[0], max_length=limit)
    loaded.pipeline.run([inputs.sample(1)], job)
    costs, now = runner.budget.costs, resident_memory()
    if costs is None or now is None:
        return None
    found = runner.effective.budget
    budget = max(runner.budget.tokens(longest), runner.sizes.wanted(found))
    return now + costs.call(texts, longest, budget) + inputs.memory(texts, longest)
