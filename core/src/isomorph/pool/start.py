"""Starting the processes of a pool, and ending them."""

from __future__ import annotations

import multiprocessing
import pickle
from collections.abc import Sequence
from queue import Empty

from isomorph.contract import Device
from isomorph.errors import DeviceUnavailable, InputError
from isomorph.machine.cpu import effective_cpus
from isomorph.pool import life, worker
from isomorph.pool.ending import GRACE, end
from isomorph.pool.failure import Failure, ended_early, frozen
from isomorph.pool.line import Line
from isomorph.pool.member import Member
from isomorph.pool.pickling import to_send
from isomorph.pool.spawning import begin, refuse_here
from isomorph.runtime.loaded import Loaded

MOST_ON_CPU = 4
"""Workers on the CPU where nobody says how many."""


def chosen(
    asked: Sequence[str | Device] | None, there: Sequence[Device], backend: str
) -> list[Device]:
    """The device of each worker.

    Raises:
        InputError: an empty list, a text in place of a list, or what is no device.
        DeviceUnavailable: the backend does not have it.
    """
    if asked is None:
        return _default(there)
    if isinstance(asked, str) or not len(asked):
        raise InputError(
            f"target_devices is {asked!r}; name one device for each worker: ['cpu', 'cpu']."
        )
    devices = [each if isinstance(each, Device) else Device.parse(str(each)) for each in asked]
    for device in devices:
        if device not in there:
            raise DeviceUnavailable(str(device), backend, [str(each) for each in there])
    return devices


def _default(there: Sequence[Device]) -> list[Device]:
    other = [device for device in there if device.kind != "cpu"]
    if other:
        return [device for device in other if device.kind == other[0].kind]
    return [Device("cpu")] * min(MOST_ON_CPU, effective_cpus())


def pickled(loaded: Loaded) -> bytes:
    """The model as workers get it.

    Raises:
        InputError: an argument that it was loaded with cannot be pickled.
        ModelChanged: its folder is no longer the one that it was read from.
    """
    return to_send(
        loaded,
        "An argument of this model cannot be sent to worker processes",
        "An object in model_kwargs or config_kwargs must be one that can be pickled.",
    )


def start_workers(model: bytes, devices: Sequence[Device]) -> list[Member]:
    """A process for each device, all of which have read the model.

    Raises:
        PoolBroken: one ended before it was ready.
        Unsupported: this process may start none. What else kept a worker from reading the model is
            raised as it is, with the worker's traceback as its cause.
    """
    refuse_here()
    threads = max(1, effective_cpus() // len(devices))
    members: list[Member] = []
    try:
        for number, device in enumerate(devices):
            members.append(_start(number, model, device, threads))
        for member in members:
            _await(member)
    except BaseException:
        for member in members:
            member.line.close()
        end([member.process for member in members])
        raise
    return members


def _start(number: int, model: bytes, device: Device, threads: int) -> Member:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(
        target=worker.main,
        args=(there, model, str(device), threads),
        name=f"isomorph-worker-{number}",
        daemon=True,
    )
    try:
        begin(process)
    finally:
        there.close()  # so that the pipe ends with the worker
    return Member(process, str(device), Line(process.name, here))


def _await(member: Member) -> None:
    process = member.process
    message = _greeting(member)
    if message == worker.READY:
        return
    if message is None:
        process.join(GRACE)
        raise ended_early(process.name, process.exitcode)
    failure: Failure = pickle.loads(message)
    raise failure.exception()


def _greeting(member: Member) -> bytes | None:
    """The worker's first message, None where it ended before."""
    while True:
        try:
            return member.line.greeting.get(timeout=life.TICK)
        except Empty:
            if not member.process.is_alive():
                return None
            if member.silent() >= life.START:
                raise frozen(member.process.name, life.START) from None
