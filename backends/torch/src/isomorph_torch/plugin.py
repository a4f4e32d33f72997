"""What discovery reads: the backend's record. Imports no engine."""

from __future__ import annotations

from collections.abc import Sequence

from isomorph.contract import BackendInfo
from isomorph.hookspecs import hookimpl

isomorph_contract = 2


@hookimpl
def isomorph_backends() -> Sequence[BackendInfo]:
    """torch, with the model code of transformers."""
    return [
        BackendInfo(
            "torch",
            "isomorph_torch.backend:TorchBackend",
            summary="any architecture of transformers, as a live nn.Module that can be trained",
            requires=("torch", "transformers"),
            install="isomorph-torch",
            priority=10,
            configures=True,
            attributes=(
                "torch_module",
                "compile",
                "transformers_model",
                "gradient_checkpointing_enable",
            ),
        )
    ]
