"""The two protocols that a plugin implements: a backend, and an exporter."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from isomorph.contract.claim import NOTHING_ASKED, Asked, Claim
from isomorph.contract.device import Device
from isomorph.contract.session import Options, Session
from isomorph.model.model import Model


@runtime_checkable
class Backend(Protocol):
    """One engine. Core constructs a backend without arguments; that may import the engine."""

    def devices(self) -> Sequence[Device]:
        """The devices that the engine can run on, best first.

        Raises:
            BackendUnavailable: the engine is missing or broken; says why and how to install it.
            EngineConflict: two distributions of the engine overwrite each other.
        """

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """The longest prefix of the model that would run natively. Pure and cheap: reads no weights.

        Raises:
            Unsupported: the backend cannot do what is asked; an automatic choice goes on without it.
        """

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """A session for a model that core has already cut to ``claim.depth`` modules, at least one.

        Raises:
            OutOfMemory: the device has not enough memory for the model.
            Unsupported, BadModel, DeviceUnavailable: the reason is of that kind.
        """


class Exporter(Protocol):
    """Makes an artifact of a whole model from a session of the source backend.

    An exporter may raise whatever its tools raise. Core publishes an artifact only if it gives the
    numbers of `session`, and removes what a failed export leaves behind.
    """

    def __call__(self, model: Model, session: Session, folder: Path) -> None:
        """Writes the artifact into a model folder. A claim there then covers all modules of `model`."""
