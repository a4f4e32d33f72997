"""Core's own plugin: what it brings comes in by the same door as everybody else's."""

from __future__ import annotations

from collections.abc import Sequence

from isomorph.contract import BackendInfo
from isomorph.hookspecs import hookimpl
from isomorph.modules.registry import isomorph_modules
from isomorph.read.model import isomorph_read_model

__all__ = ["isomorph_backends", "isomorph_modules", "isomorph_read_model"]


@hookimpl
def isomorph_backends() -> Sequence[BackendInfo]:
    """The numpy reference: slow, everywhere, and the oracle of the conformance kit."""
    return [
        BackendInfo(
            "reference",
            "isomorph.reference.backend:ReferenceBackend",
            "numpy kernels: runs anywhere, judges the others",
            requires=("numpy",),
            fallback=True,
        )
    ]
