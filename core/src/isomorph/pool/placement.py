"""Where a call runs: in this process, alone or with others; in a pool; or in workers for this call alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isomorph.arguments.rules import at_least_one
from isomorph.contract import Device, Pool
from isomorph.errors import InputError

if TYPE_CHECKING:
    from isomorph.batching.batcher import DynamicBatcher
    from isomorph.pool.pool import WorkerPool


@dataclass(frozen=True, slots=True)
class Placement:
    """The arguments ``device``, ``pool`` and ``chunk_size`` of a call.

    `device` is None where the call does not name one; `devices` are those of the call's own workers.
    """

    device: Device | None = None
    devices: tuple[str, ...] = ()
    pool: WorkerPool | Pool | None = None
    chunk_size: int | None = None
    batcher: DynamicBatcher | None = None
    """Default None. What joins the call with others in this process."""
    later: bool = False
    """Default False. Whether the call begins now and is answered later."""

    @property
    def has_workers(self) -> bool:
        """Whether other processes run the call."""
        return self.pool is not None or bool(self.devices)

    def in_threads(self) -> tuple[Device, ...]:
        """The devices of a call that runs in threads of this process, each once.

        Raises:
            InputError: a size of chunks, of which there are none then.
        """
        if self.chunk_size is not None:
            raise InputError(
                "chunk_size cuts the work of processes, and this backend runs all its devices in this one; "
                "leave chunk_size out."
            )
        return tuple(dict.fromkeys(map(Device.of, self.devices)))

    @classmethod
    def of(cls, device: str | Sequence[str] | None, pool: Any, chunk_size: int | None) -> Placement:
        """Checks what the caller passed.

        Raises:
            InputError: no pool, both a pool and a device, an empty list, or a size below 1 or for nothing.
        """
        if device is None and pool is None and chunk_size is None:
            return HERE
        at_least_one(chunk_size=chunk_size)
        if pool is not None and device is not None:
            raise InputError("The workers of a pool have their devices; leave out device=.")
        if pool is not None:
            return _of_pool(pool, chunk_size)
        if isinstance(device, list | tuple):
            if not device:
                raise InputError("device is an empty list; name one device for each worker.")
            return cls(devices=tuple(device), chunk_size=chunk_size)
        if chunk_size is not None:
            raise InputError(
                "chunk_size cuts the work of a pool; pass pool= or a list of devices too."
            )
        return cls(Device.parse(str(device)) if device else None)


HERE = Placement()


def _of_pool(pool: Any, chunk_size: int | None) -> Placement:
    """The placement of a call with a pool, or with a batcher in its place."""
    from isomorph.batching.batcher import DynamicBatcher, Later

    if isinstance(pool, DynamicBatcher | Later):
        if chunk_size is not None:
            raise InputError("A batcher cuts calls into rounds by itself; leave chunk_size out.")
        later = isinstance(pool, Later)
        return Placement(batcher=pool.batcher if isinstance(pool, Later) else pool, later=later)
    from isomorph.pool.pool import WorkerPool  # with multiprocessing, which few calls need

    if not isinstance(pool, WorkerPool | Pool):
        raise InputError(
            f"pool is {type(pool).__name__}, neither what start_multi_process_pool() returns nor a batcher, "
            "and no Pool of isomorph.contract."
        )
    return Placement(pool=pool, chunk_size=chunk_size)
