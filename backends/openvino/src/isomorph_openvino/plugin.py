"""What isomorph finds under the entry point: a backend and an exporter, described without importing them."""

from __future__ import annotations

from collections.abc import Sequence

from isomorph.contract import BackendInfo, ExporterInfo
from isomorph.hookspecs import hookimpl
from isomorph_openvino.options import OPTIONS

isomorph_contract = 2


@hookimpl
def isomorph_backends() -> Sequence[BackendInfo]:
    """The OpenVINO backend."""
    return [
        BackendInfo(
            "openvino",
            "isomorph_openvino.backend:OpenVINOBackend",
            summary="OpenVINO on Intel and other x86 and Arm processors, Intel GPUs",
            requires=("openvino",),
            install="isomorph-openvino",
            priority=20,
            options=OPTIONS,
            artifacts=("openvino/*", "openvino/*/*", "openvino_model*.xml", "openvino_model*.bin"),
            attributes=("compiled_model", "ov_model"),
        )
    ]


@hookimpl
def isomorph_exporters() -> Sequence[ExporterInfo]:
    """For models that do not lower: through torch, once."""
    return [
        ExporterInfo(
            "openvino",
            "isomorph_openvino.export:export",
            source="torch",
            requires=("isomorph_torch", "torch", "transformers"),
            install="isomorph-openvino[export]",
        )
    ]
