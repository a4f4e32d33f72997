"""The devices that OpenVINO sees, in isomorph's grammar: ``cpu``, ``gpu:1``, ``npu:0``."""

from __future__ import annotations

from collections.abc import Sequence

from isomorph.contract import Device
from isomorph.errors import DeviceUnavailable
from isomorph_openvino.engine import NAME, core

_BEST_FIRST = ("gpu", "cpu", "npu")  # the NPU comes last: it wants static shapes


def list_devices() -> Sequence[Device]:
    """What `openvino.Core` sees, best first."""
    found = {from_openvino(name) for name in core().available_devices} - {None}
    known = [device for device in found if device is not None and device.kind in _BEST_FIRST]
    return tuple(sorted(known, key=lambda device: (_BEST_FIRST.index(device.kind), device.index)))


def from_openvino(name: str) -> Device | None:
    """``CPU`` -> cpu, ``GPU`` and ``GPU.0`` -> gpu:0, ``NPU`` -> npu:0; None for anything else."""
    kind, _, index = name.strip("()").partition(".")
    if index and not index.isdigit():
        return None
    return Device(kind.lower(), int(index or 0))


def to_openvino(device: Device) -> str:
    """OpenVINO's own name of a device that is there.

    Raises:
        DeviceUnavailable: it is not there; lists what is.
    """
    for name in core().available_devices:
        if from_openvino(name) == device:
            return str(name)
    raise DeviceUnavailable(str(device), NAME, [str(there) for there in list_devices()])
