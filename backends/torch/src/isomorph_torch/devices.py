"""What torch can run on, in the contract's grammar and in torch's own."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import torch

from isomorph.contract import Device

_ACCELERATORS = ("cuda", "xpu", "mps", "npu")
"""Best first. ROCm builds call their devices ``cuda``; ``npu`` is there once torch_npu is imported."""


def list_devices() -> Sequence[Device]:
    """Every device that torch reports as working; the CPU comes last."""
    found = [Device(kind, index) for kind in _ACCELERATORS for index in range(_count(kind))]
    return (*found, Device("cpu"))


def to_torch(device: Device) -> torch.device:
    """The device in torch's words."""
    return torch.device("cpu") if device.kind == "cpu" else torch.device(device.kind, device.index)


def from_torch(device: torch.device) -> Device:
    """The device in the contract's words."""
    return Device(device.type, device.index or 0)


def _count(kind: str) -> int:
    """How many devices of a kind there are; 0 where torch was built without it or it is broken."""
    module = getattr(torch, kind, None)
    if module is None:
        return 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a driver that is too old warns, and then answers False
        try:
            if kind == "mps":  # the one kind whose question lives elsewhere
                return int(torch.backends.mps.is_available())
            return int(module.device_count()) if module.is_available() else 0
        except (RuntimeError, AssertionError, AttributeError):
            return 0
