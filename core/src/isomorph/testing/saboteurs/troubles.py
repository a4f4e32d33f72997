"""Saboteurs whose loads fail badly, or whose forwards keep what they should let go."""

from __future__ import annotations

from dataclasses import replace

from isomorph.contract import NOTHING_ASKED, Asked, Claim, Device, Model, Options, Session, Values
from isomorph.errors import Unsupported
from isomorph.testing.saboteurs.honest import Changed, Honest, Passage


class OpensFilesUnguarded(Honest):
    """Opens weight files by their paths, and lets the system's errors through."""

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """Fails where a file is gone."""
        for tensors in model.tensors.values():
            for tensor in tensors.values():
                tensor.file.read_bytes()
        return super().load(model, claim, options)


class TakesAnyArithmetic(Honest):
    """Computes in float32, whatever is asked for."""

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """As if nothing had been asked for."""
        return super().claim(model, device, replace(asked, arithmetic=None))

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """As if nothing had been asked for."""
        return super().load(model, claim, replace(options, arithmetic=None))


class NeverRecovers(Honest):
    """Loads nothing any more once a load has failed."""

    def __init__(self) -> None:
        self._has_failed = False

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """Whatever comes after a model without weights is refused."""
        if self._has_failed:
            raise Unsupported("the driver needs a restart")
        try:
            for tensors in model.tensors.values():
                for tensor in tensors.values():
                    tensor.file.stat()
        except OSError as cause:
            self._has_failed = True
            raise Unsupported(f"weights are gone: {cause}") from cause
        return super().load(model, claim, options)


class KeepsEveryResult(Honest):
    """Keeps what it returned, for later."""

    def after(self, session: Passage, feeds: Values, results: Changed) -> Changed:
        """Copies that nobody asks for."""
        kept = session.scratch or []
        session.scratch = [*kept, {name: array.copy() for name, array in results.items()}]
        return results
