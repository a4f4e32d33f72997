"""JAX's devices in the grammar of isomorph's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from isomorph.contract import Device
from isomorph.errors import DeviceUnavailable
from isomorph_jax.engine import local_devices


def list_devices() -> Sequence[Device]:
    """Accelerators first, then CPUs; several where XLA was told to make several of one."""
    return tuple(_named())


def found(device: Device) -> Any:
    """JAX's own object of a device.

    Raises:
        DeviceUnavailable: there is none of this name.
    """
    named = _named()
    if device not in named:
        raise DeviceUnavailable(str(device), "jax", [str(each) for each in named])
    return named[device]


def _named() -> Mapping[Device, Any]:
    """Each device by our name of it, numbered within its kind in JAX's order."""
    counted: Counter[str] = Counter()
    named = {}
    for each in local_devices():
        kind = _kind(each)
        named[Device(kind, counted[kind])] = each
        counted[kind] += 1
    return named


def _kind(device: Any) -> str:
    """``cuda`` and ``rocm`` for what JAX calls a GPU, so that a name means the same for every backend."""
    platform = str(device.platform).lower()
    if platform != "gpu":
        return platform
    version = str(getattr(device.client, "platform_version", "")).lower()
    return next((kind for kind in ("cuda", "rocm") if kind in version), "gpu")
