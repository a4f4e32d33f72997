"""A model on its way to workers of somebody else, and what it is there."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from hashlib import sha256

from isomorph.contract import Device
from isomorph.machine.cpu import THREADS_VARIABLE
from isomorph.pool.start import pickled
from isomorph.pool.worker import answered
from isomorph.runtime.loaded import Loaded


@dataclass(frozen=True, slots=True)
class ModelParcel:
    """A pickled model; a `Parcel`."""

    key: str
    model: bytes

    @classmethod
    def of(cls, loaded: Loaded) -> ModelParcel:
        """The model as it is now.

        Raises:
            InputError: an argument that it was loaded with cannot be pickled.
            ModelChanged: its folder is no longer the one that it was read from.
            Unsupported: the live model was handed out.
        """
        data = pickled(loaded)
        return cls(sha256(data).hexdigest(), data)

    def unpack(self, device: str | None = None, threads: int | None = None) -> Unpacked:
        """The model in this process; see `Parcel.unpack`."""
        if threads is not None:
            os.environ[THREADS_VARIABLE] = str(threads)  # before any engine asks how many CPUs
        loaded: Loaded = pickle.loads(self.model)
        if device is not None:
            loaded.place(Device.parse(device))
        return Unpacked(loaded)


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A model in a worker; a `Worker`."""

    loaded: Loaded

    def answer(self, chunk: bytes) -> bytes:
        """A pickled `Answer` or `Failure`."""
        return answered(self.loaded, chunk)

    def close(self) -> None:
        """Frees the engine."""
        self.loaded.close()
