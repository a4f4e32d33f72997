"""Saboteurs whose sessions lie about themselves, do not close, or save badly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from isomorph.contract import (
    NOTHING_ASKED,
    Asked,
    Claim,
    Device,
    Model,
    Options,
    Session,
    SessionInfo,
    Values,
)
from isomorph.testing.saboteurs.honest import Changed, Honest, Passage


class ClosesItsNeighbour(Honest):
    """Shares its weights with the session beside it, and takes them away when it is closed."""

    def close(self, session: Passage) -> None:
        """Closes both."""
        if isinstance(session.options.beside, Passage):
            session.options.beside.inner.close()
        session.inner.close()


class StaysOpen(Honest):
    """Goes on after it was closed."""

    def close(self, session: Passage) -> None:
        """Nothing."""


class ClosesOnce(Honest):
    """Fails when it is closed again."""

    def close(self, session: Passage) -> None:
        """Raises the second time."""
        if session.scratch == "closed":
            raise ValueError("closed already")
        session.scratch = "closed"
        session.inner.close()


class LiesAboutArithmetic(Honest):
    """Computes in another number type than it claimed."""

    def effective(self, session: Passage) -> SessionInfo:
        """bfloat16."""
        return replace(super().effective(session), arithmetic="bfloat16")


class LiesAboutWeights(Honest):
    """Stores its weights in another number type than it claimed."""

    def effective(self, session: Passage) -> SessionInfo:
        """int8."""
        return replace(super().effective(session), weights="int8")


class FallsBackSilently(Honest):
    """Runs on another device than it claimed."""

    def effective(self, session: Passage) -> SessionInfo:
        """Somewhere else."""
        return replace(super().effective(session), device=Device("npu"))


class HandsOutMoreThanItSays(Honest):
    """Hands out an object that its record does not name."""

    def native(self, session: Passage) -> Mapping[str, object]:
        """An engine that nobody was told of."""
        return {"engine": session.inner}


class TakesMoreThreads(Honest):
    """Takes more threads than it was given."""

    def effective(self, session: Passage) -> SessionInfo:
        """Sixty-four."""
        return replace(super().effective(session), threads=64)


class IgnoresArithmetic(Honest):
    """Computes in float16 where float32 was asked for."""

    def effective(self, session: Passage) -> SessionInfo:
        """Its own favourite, when asked."""
        asked = session.options.arithmetic is not None
        return replace(super().effective(session), arithmetic="float16" if asked else "float32")


class TakesAnyOption(Honest):
    """Leaves options that it does not know without effect."""

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """Whatever ``model_kwargs`` say."""
        return super().load(model, claim, replace(options, model_kwargs={}))


class _Keeps(Honest):
    """Keeps a file, whose content its sessions have."""

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """A session with the content of the kept file, or None."""
        made: list[bool] = []

        def make(folder: Path) -> None:
            made.append(True)
            (folder / "kept").write_bytes(b"compiled")

        session = super().load(model, claim, options)
        folder = options.compile_cache(repr(model.graph.modules).encode(), make)
        assert isinstance(session, Passage)
        session.scratch = None if made or folder is None else (folder / "kept").read_bytes()
        return session


class TrustsWhatItKept(_Keeps):
    """Reads what it kept without a look."""

    def load(self, model: Model, claim: Claim, options: Options) -> Session:
        """Fails where the file is damaged."""
        session = super().load(model, claim, options)
        assert isinstance(session, Passage)
        if session.scratch not in (None, b"compiled"):
            raise RuntimeError("unexpected bytes in what was compiled")
        return session


class ReadsOtherThanItKept(_Keeps):
    """Computes something else with what it found."""

    def after(self, session: Passage, feeds: Values, results: Changed) -> Changed:
        """Ten percent more."""
        factor = np.float32(1.1 if session.scratch else 1)
        return {name: array * factor for name, array in results.items()}


class _Saves(Honest):
    """Saves a file that its later claims and sessions find."""

    FILE = "saboteur.bin"

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """Everything, with the file if there is one."""
        artifact = model.folder / self.FILE
        claim = super().claim(model, device, asked)
        return replace(claim, artifact=artifact) if artifact.exists() else claim

    def save(self, session: Passage, folder: Path) -> None:
        """An empty file."""
        (folder / self.FILE).write_bytes(b"")


class ClaimsLessOnceSaved(_Saves):
    """Cannot read what it wrote."""

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """Nothing of a folder that it saved into."""
        claim = super().claim(model, device, asked)
        return Claim(device, 0, reason="cannot read the artifact") if claim.artifact else claim


class SavesOtherValues(_Saves):
    """Reads something else than it wrote."""

    def after(self, session: Passage, feeds: Values, results: Changed) -> Changed:
        """Ten percent more."""
        factor = np.float32(1.1 if session.claim.artifact else 1)
        return {name: array * factor for name, array in results.items()}


class SavesElsewhere(_Saves):
    """Leaves the artifact outside of the folder that is taken elsewhere."""

    def claim(self, model: Model, device: Device, asked: Asked = NOTHING_ASKED) -> Claim:
        """With the absolute path that it once wrote."""
        claim = super().claim(model, device, asked)
        if claim.artifact is None:
            return claim
        return replace(claim, artifact=Path(claim.artifact.read_text("utf-8")))

    def save(self, session: Passage, folder: Path) -> None:
        """A path instead of the thing."""
        (folder / self.FILE).write_text(str(session.model.folder / "config.json"), "utf-8")
