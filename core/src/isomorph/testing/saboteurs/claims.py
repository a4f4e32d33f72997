"""Saboteurs that say something wrong before anything is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from isomorph.contract import NOTHING_ASKED, Asked, Batches, Claim, Device, Model
from isomorph.errors import BackendUnavailable
from isomorph.testing.saboteurs.honest import Honest


class ListsNoDevice(Honest):
    """Has no device and does not say why."""

    def devices(self) -> Sequence[Device]:
        """None."""
        return ()


class UnavailableWithoutAdvice(Honest):
    """Cannot run and does not say what to install."""

    def devices(self) -> Sequence[Device]:
        """Refuses."""
        raise BackendUnavailable("saboteur", "the engine is missing")


class ClaimsNothing(Honest):
    """Passes every test by taking none."""

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """0 modules."""
        return Claim(device, 0, reason="not today")


class OverClaims(Honest):
    """Claims a module that does not exist."""

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """One too many."""
        return Claim(device, len(model.graph) + 1)


class GivesNoReason(Honest):
    """Stops early and does not say why."""

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """One module of several."""
        return Claim(device, 1)


class ClaimsAnotherDevice(Honest):
    """Claims for a device that nobody asked about."""

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """On an imaginary device."""
        return replace(super().claim(model, device, asked), device=Device("gpu", 7))


class ClaimsHalfPrecision(Honest):
    """Computes in less than float32 on a CPU, unasked."""

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """In float16."""
        return replace(super().claim(model, device, asked), arithmetic="float16")


class QuantizesUnasked(Honest):
    """Stores the weights of the model in less than float32 on a CPU, unasked."""

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """In int8."""
        return replace(super().claim(model, device, asked), weights="int8")


class BoundsFixedShapes(Honest):
    """Says in two ways which shapes it takes."""

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """Few widths, and any width until there were eight shapes."""
        claim = super().claim(model, device, asked)
        return replace(claim, batches=Batches((16, 128)), max_shapes=8)


class ClaimsByTurns(Honest):
    """Changes its mind from one question to the next."""

    def __init__(self) -> None:
        self._asked = 0

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """Everything, then one module less."""
        self._asked += 1
        less = self._asked % 2
        return Claim(device, len(model.graph) - less, reason="not this time" if less else "")


class ClaimsLessOfPrefixes(Honest):
    """Claims a whole model, but not the beginning of it."""

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """Nothing that ends in token vectors."""
        if "token_embeddings" in model.graph.outputs:
            return Claim(device, 0, reason="no token vectors")
        return super().claim(model, device, asked)


class ReadsWeightsToClaim(Honest):
    """Loads the model in order to say whether it can."""

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """After reading every tensor."""
        for tensors in model.tensors.values():
            for tensor in tensors.values():
                tensor.numpy()
        return super().claim(model, device, asked)
