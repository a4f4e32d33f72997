"""What an outlook tells."""

from __future__ import annotations

from dataclasses import dataclass

from isomorph.runtime.plan import Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One backend: `native` of `modules` would run in it, over all routes; `reason` says why not more.

    ``device`` is "" where the backend cannot be used at all.
    """

    backend: str
    device: str = ""
    native: int = 0
    modules: int = 0
    reason: str = ""

    @property
    def whole(self) -> bool:
        """Whether the backend runs every module."""
        return bool(self.modules) and self.native == self.modules


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What becomes of a model here. Sizes are in bytes.

    Attributes:
        class_name: the public class that it was read for.
        plan: who would run each module; None where no backend runs the model.
        backends: one verdict each.
        files: how many files a load needs, and in ``nbytes`` how large they are together.
        stored: bytes of the tensors as they are stored, and in ``as_float32`` as engines hold them.
        call: bytes of a call of ``texts`` texts of ``tokens`` tokens beside the weights; None: not known.
        missing: files and packages that a load would miss, each with what to do.
        notes: what is done beyond the files, guesses, and other ways to run the model.
    """

    class_name: str
    plan: Explanation | None
    backends: tuple[Verdict, ...]
    files: int
    nbytes: int
    stored: int
    as_float32: int
    call: int | None
    texts: int
    tokens: int
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
