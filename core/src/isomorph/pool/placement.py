"""Where a call runs: in this process, in the workers of a pool, or in workers for this call alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isomorph.arguments.rules import at_least_one
from isomorph.contract import Device
from isomorph.errors import InputError

if TYPE_CHECKING:
    from isomorph.pool.pool import WorkerPool


@dataclass(frozen=True, slots=True)
class Placement:
    """The arguments ``device``, ``pool`` and ``chunk_size`` of a call.

    `device` is None where the call does not name one; `devices` are those of the call's own workers.
    """

    device: Device | None = None
    devices: tuple[str, ...] = ()
    pool: WorkerPool | None = None
    chunk_size: int | None = None

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
        if pool is not None:
            _check_pool(pool)
        if pool is not None and device is not None:
            raise InputError("The workers of a pool have their devices; leave out device=.")
        if isinstance(device, list | tuple):
            if not device:
                raise InputError("device is an empty list; name one device for each worker.")
            return cls(devices=tuple(device), chunk_size=chunk_size)
        if chunk_size is not None and pool is None:
            raise InputError(
                "chunk_size cuts the work of a pool; pass pool= or a list of devices too."
            )
        return cls(Device.parse(str(device)) if device else None, (), pool, chunk_size)


HERE = Placement()


def _check_pool(pool: Any) -> None:
    from isomorph.pool.pool import WorkerPool  # with multiprocessing, which few calls need

    if not isinstance(pool, WorkerPool):
        raise InputError(
            f"pool is {type(pool).__name__}, not what start_multi_process_pool() returns."
        )
