"""What the ONNX Runtime backend offers. Imports no engine."""

from __future__ import annotations

from collections.abc import Sequence

from isomorph.contract import BackendInfo, ExporterInfo
from isomorph.hookspecs import hookimpl
from isomorph_onnx.options import OPTIONS

isomorph_contract = 2


@hookimpl
def isomorph_backends() -> Sequence[BackendInfo]:
    """One backend, on whichever distribution of ONNX Runtime is installed."""
    return [
        BackendInfo(
            "onnx",
            "isomorph_onnx.backend:OnnxBackend",
            summary="ONNX Runtime on CPUs and CUDA GPUs",
            requires=("onnxruntime",),
            install="isomorph-onnx[cpu]",
            priority=30,
            options=OPTIONS,
            artifacts=(
                "onnx/*.onnx",
                "onnx/*.onnx.data",
                "onnx/*.onnx_data*",
                "onnx/*/*.onnx",
                "onnx/*/*.onnx.data",
                "*.onnx",
                "*.onnx.data",
                "*.onnx_data*",
            ),
            attributes=("onnx_session",),
        )
    ]


@hookimpl
def isomorph_exporters() -> Sequence[ExporterInfo]:
    """For models that do not lower: through torch, once."""
    return [
        ExporterInfo(
            "onnx",
            "isomorph_onnx.export:export",
            source="torch",
            requires=("isomorph_torch", "torch", "transformers", "onnx", "onnxscript"),
            install="isomorph-onnx[export]",
        )
    ]
