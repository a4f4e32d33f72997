"""What isomorph finds under the entry point: one backend, described without importing OpenVINO."""

from __future__ import annotations

from collections.abc import Sequence

from isomorph.contract import BackendInfo
from isomorph.hookspecs import hookimpl

INSTALL = "pip install isomorph-openvino"


@hookimpl
def isomorph_backends() -> Sequence[BackendInfo]:
    """The OpenVINO backend."""
    return [
        BackendInfo(
            "openvino",
            "isomorph_openvino.backend:OpenVINOBackend",
            "OpenVINO on Intel and other x86 and Arm processors, Intel GPUs",
            requires=("openvino",),
            install=INSTALL,
        )
    ]
