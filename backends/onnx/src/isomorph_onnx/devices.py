"""ONNX Runtime's execution providers in the grammar of isomorph's devices."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from isomorph.contract import Device
from isomorph.errors import DeviceUnavailable
from isomorph_onnx.engine import engine

PROVIDERS: Mapping[str, str] = {
    "cuda": "CUDAExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "dml": "DmlExecutionProvider",
    "cpu": "CPUExecutionProvider",
}
"""Kinds of device, best first, by the provider that serves them."""


def list_devices() -> tuple[Device, ...]:
    """Devices of the providers that this build of ONNX Runtime brings, best first.

    A build for CUDA lists its provider on machines without a GPU too; there it is left out.
    """
    available = engine().get_available_providers()
    found: list[Device] = []
    for kind, provider in PROVIDERS.items():
        if provider in available:
            count = cuda_count() if kind == "cuda" else 1
            found += [Device(kind, index) for index in range(count)]
    return tuple(found)


def cuda_count(driver: Path = Path("/proc/driver/nvidia/gpus"), system: str = sys.platform) -> int:
    """GPUs that NVIDIA's driver lists on Linux; elsewhere one is assumed."""
    if system != "linux":
        return 1
    return sum(1 for _ in driver.iterdir()) if driver.is_dir() else 0


def providers(device: Device) -> list[Any]:
    """What to pass to a session so that it runs on this device, with the CPU for what is left.

    Raises:
        DeviceUnavailable: this build of ONNX Runtime does not serve it.
    """
    if PROVIDERS.get(device.kind) not in engine().get_available_providers():
        there = [str(found) for found in list_devices()]
        raise DeviceUnavailable(str(device), "onnx", there, "this build has no provider for it")
    if device.kind == "cpu":
        return [PROVIDERS["cpu"]]
    return [(PROVIDERS[device.kind], {"device_id": str(device.index)}), PROVIDERS["cpu"]]
