"""Pools as the model that they are for uses them: starting one, and running a call in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from isomorph.contract import Device
from isomorph.errors import Unsupported
from isomorph.pool.elsewhere import run_elsewhere
from isomorph.pool.placement import Placement
from isomorph.pool.pool import WorkerPool
from isomorph.pool.start import chosen, pickled, start_workers
from isomorph.runtime.job import Job
from isomorph.runtime.loaded import Loaded
from isomorph.runtime.report import CallReport


def start(loaded: Loaded, target_devices: Sequence[str | Device] | None) -> WorkerPool:
    """A pool whose workers have read the model as it is now, one for each device.

    Raises:
        DeviceUnavailable: the backend does not have such a device.
        InputError: no device is named, or an argument of the model cannot be pickled.
        Unsupported: the live model was handed out, or the backend's devices belong to one process.
        PoolBroken: a worker ended while it started.
    """
    plan = loaded.pipeline.plan
    if plan.info.one_process:
        raise Unsupported(
            f"The devices of backend {plan.info.name!r} belong to one process, so workers would have none. "
            "Name them in the call: device=[...] runs it in threads."
        )
    devices = chosen(target_devices, plan.backend.devices(), plan.info.name)
    return WorkerPool(loaded.settled, start_workers(pickled(loaded), devices))


def run(
    loaded: Loaded, inputs: Sequence[Any], job: Job, place: Placement
) -> tuple[list[Any], CallReport]:
    """What is kept of each input by workers: those of a pool, or some that are started for this call.

    Raises:
        InputError: the pool is another model's, or an input cannot be encoded; nothing was sent then.
    """
    loaded.check(inputs, job)  # a worker would count inputs from the start of its chunk
    job = replace(job, refuse_long=False)
    cost = partial(loaded.routing.inputs.cost, max_length=job.max_length)
    if isinstance(place.pool, WorkerPool):
        place.pool.check(loaded.settled)
        return place.pool.run(inputs, job, place.chunk_size, cost)
    if place.pool is not None:
        return run_elsewhere(loaded, inputs, job, place.pool, place.chunk_size, cost)
    with start(loaded, place.devices) as pool:
        return pool.run(inputs, job, place.chunk_size, cost)
