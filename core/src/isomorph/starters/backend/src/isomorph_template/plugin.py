"""What the entry point names: one hook, no engine."""

from __future__ import annotations

from collections.abc import Sequence

from isomorph.contract import BackendInfo
from isomorph.hookspecs import hookimpl

isomorph_contract = 2


@hookimpl
def isomorph_backends() -> Sequence[BackendInfo]:
    """Offers the backend."""
    return [
        BackendInfo(
            "template",
            "isomorph_template.backend:TemplateBackend",
            summary="encoders in numpy",
            requires=("numpy",),
            install="isomorph-template",
            options={},  # keys of model_kwargs, each with what its value is; core refuses all others
            fallback=True,  # no faster than the reference: never chosen where another backend can run
        )
    ]
