"""Choosing a backend: argument > environment > automatic."""

from __future__ import annotations

import os
from collections.abc import Sequence

from isomorph.contract import Backend, BackendInfo, Claim, Device, Model
from isomorph.errors import (
    BackendError,
    BackendUnavailable,
    DeviceUnavailable,
    Unsupported,
)
from isomorph.plugins.discovery import Plugins, installed
from isomorph.runtime.plan import Plan, make_plan

BACKEND_VARIABLE = "ISOMORPH_BACKEND"
"""Environment variable: the backend where the call names none."""


def choose(
    model: Model,
    backend: str | None = None,
    device: object = None,
    strict: bool = False,
    plugins: Plugins | None = None,
) -> Plan:
    """The plan for a model.

    A backend named by the argument or by ``ISOMORPH_BACKEND`` is used or refused. Without a name the
    longest claim wins, then accelerators before CPUs, then the name; a backend whose engine is
    missing or broken, or that cannot use the artifact that the user names, does not take part, and
    a fallback only where nobody else claims a module.

    Raises:
        BackendNotFound, BackendUnavailable, DeviceUnavailable, Unsupported
    """
    plugins = plugins or installed()
    name = backend or os.environ.get(BACKEND_VARIABLE) or None
    wanted = None if device is None else Device.of(device)
    if name:
        info = plugins.info(name)
        engine = plugins.backend(name)
        found = pick_device(info, engine, wanted)
        return make_plan(model, info, engine, Claim(found, 0), strict)
    return _automatic(model, wanted, strict, plugins)


def pick_device(info: BackendInfo, backend: Backend, wanted: Device | None) -> Device:
    """The asked-for device if the backend has it, else its best.

    Raises:
        DeviceUnavailable: it does not have it; names those it has.
    """
    devices: Sequence[Device] = backend.devices()
    if not devices:
        raise BackendUnavailable(info.name, "it reports no device")
    if wanted is None:
        return devices[0]
    if wanted not in devices:
        raise DeviceUnavailable(str(wanted), info.name, [str(device) for device in devices])
    return wanted


def _automatic(model: Model, wanted: Device | None, strict: bool, plugins: Plugins) -> Plan:
    candidates: list[tuple[tuple[bool, int, bool, str], BackendInfo, Backend, Claim]] = []
    refusals: list[Exception] = []
    for info in plugins.infos:
        try:
            backend = plugins.backend(info.name)
            claim = backend.claim(model, pick_device(info, backend, wanted))
        except (BackendError, Unsupported) as refusal:
            refusals.append(refusal)
            continue
        rank = (
            info.fallback or not claim.depth,
            -claim.depth,
            claim.device.kind == "cpu",
            info.name,
        )
        candidates.append((rank, info, backend, claim))
    if not candidates:
        raise _nobody(wanted, refusals)
    _, info, backend, claim = min(candidates, key=lambda candidate: candidate[0])
    return make_plan(model, info, backend, claim, strict)


def _nobody(wanted: Device | None, refusals: Sequence[Exception]) -> BackendError:
    """The error where no backend takes part: about the device if that was every backend's reason."""
    lacking = [refusal for refusal in refusals if isinstance(refusal, DeviceUnavailable)]
    if wanted is not None and lacking and len(lacking) == len(refusals):
        there = sorted({device for refusal in lacking for device in refusal.devices})
        names = ", ".join(refusal.backend for refusal in lacking)
        return DeviceUnavailable(str(wanted), names, there)
    why = "".join(f"\n- {refusal}" for refusal in refusals)
    return BackendUnavailable("automatic", f"no installed backend runs this model:{why}")
