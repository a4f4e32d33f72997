"""Servers as devices: ``remote:0``, ``remote:1``, … are the addresses of ISOMORPH_REMOTE, in their order."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from isomorph.contract import Device
from isomorph.errors import Unsupported

KIND = "remote"
ADDRESSES = "ISOMORPH_REMOTE"
"""Environment variable: addresses of servers, with commas between."""
KEY = "ISOMORPH_REMOTE_KEY"
"""Environment variable: the key that servers ask for."""
NO_PASSWORDS = f"Leave names and passwords out of the address: pass api_key, or set {KEY}."
"""What is said of an address that has some; never the address itself."""


def list_devices() -> Sequence[Device]:
    """One for each address; one for the address that a model is given where there are none."""
    return tuple(Device(KIND, index) for index in range(max(1, len(_addresses()))))


def address(device: Device, model_kwargs: Mapping[str, Any]) -> str:
    """The address behind a device.

    Raises:
        Unsupported: nobody says it.
    """
    given = model_kwargs.get("url")
    known = _addresses()
    if given is not None and not isinstance(given, str):
        raise Unsupported(f"url must be a text, not a {type(given).__name__}.")
    if given is None and device.index >= len(known):
        raise Unsupported(
            f"No address is known for {device}: pass model_kwargs={{'url': 'http://…'}}, or set {ADDRESSES}."
        )
    return given if given is not None else known[device.index]


def names_somebody(url: str) -> bool:
    """Whether an address has a name or a password in front of its host."""
    return "@" in url.partition("://")[2].partition("/")[0]


def _addresses() -> list[str]:
    return [each.strip() for each in os.environ.get(ADDRESSES, "").split(",") if each.strip()]
