"""What the entry point names: one backend. Imports no engine."""

from __future__ import annotations

from collections.abc import Sequence

from isomorph.contract import BackendInfo
from isomorph.hookspecs import hookimpl

isomorph_contract = 2


@hookimpl
def isomorph_backends() -> Sequence[BackendInfo]:
    """One backend, on whichever devices the installed JAX has."""
    return [
        BackendInfo(
            "jax",
            "isomorph_jax.backend:JaxBackend",
            summary="JAX and XLA on CPUs, GPUs and TPUs",
            requires=("jax", "jaxlib"),
            install="isomorph-jax",
            options={},
            artifacts=(
                "jax/*.stablehlo",
                "jax/*.safetensors",
                "jax/*/*.stablehlo",
                "jax/*/*.safetensors",
            ),
            attributes=("jax_function",),
        )
    ]
