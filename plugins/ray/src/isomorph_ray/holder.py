"""What runs in an actor: the models of some parcels, the last used of them loaded."""

from __future__ import annotations

import os
from collections import OrderedDict

from isomorph.contract import Parcel, Worker

THREADS = "ISOMORPH_THREADS"
"""The environment variable by which all models of a process share CPU threads."""


def limit_threads(threads: int) -> None:
    """Bounds the CPU threads of this process, before a model is there: an actor has no process beside it."""
    os.environ[THREADS] = str(threads)


class Holder:
    """Answers chunks of any model; an actor of Ray wraps it."""

    def __init__(self, device: str | None, threads: int, models: int) -> None:
        """Loads nothing.

        Args:
            device: where models compute; None for where each says.
            threads: CPU threads of the whole process.
            models: how many models stay loaded.
        """
        self._device = device
        self._threads = threads
        self._models = models
        self._held: OrderedDict[str, Worker] = OrderedDict()

    def ready(self) -> bool:
        """Whether the actor lives."""
        return True

    def answer(self, parcel: Parcel, chunk: bytes) -> bytes:
        """The answer of a parcel's model, which is unpacked where it is not held.

        Raises:
            IsomorphError: the model cannot be read here.
        """
        worker = self._held.get(parcel.key)
        if worker is None:
            while len(self._held) >= self._models:
                self._held.popitem(last=False)[1].close()
            worker = self._held[parcel.key] = parcel.unpack(self._device, self._threads)
        self._held.move_to_end(parcel.key)
        return worker.answer(chunk)
