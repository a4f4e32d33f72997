"""The backend that core brings."""

from __future__ import annotations

from collections.abc import Sequence

from isomorph.contract import BackendInfo
from isomorph.hookspecs import hookimpl


@hookimpl
def isomorph_backends() -> Sequence[BackendInfo]:
    """The numpy reference: slow, everywhere, and the oracle of the conformance kit."""
    return [
        BackendInfo(
            "reference",
            "isomorph.reference.backend:ReferenceBackend",
            summary="numpy kernels: runs anywhere, judges the others",
            requires=("numpy",),
            options={},
            priority=1,  # before fallbacks of others
            fallback=True,
        )
    ]
