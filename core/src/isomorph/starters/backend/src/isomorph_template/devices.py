"""What there is to run on."""

from __future__ import annotations

from collections.abc import Sequence

from isomorph.contract import Device


def list_devices() -> Sequence[Device]:
    """The CPU. Where an engine is missing or broken, raise `BackendUnavailable` with the reason."""
    return (Device("cpu"),)
