"""How media are fetched from addresses, for callers who ask for it: a setting, which imports no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from isomorph.errors import InputError
from isomorph.messages.shown import shown

if TYPE_CHECKING:
    from socket import socket

OPTION = "fetch"
"""The name among ``processor_kwargs`` by which a caller allows it."""
HOW = (
    f"Nothing is fetched unless the model was made with processor_kwargs={{{OPTION!r}: True}}; then https "
    "addresses of public networks are. Or fetch it yourself, and pass its bytes"
)
"""What an error says where fetching is not allowed."""
_LIMITS = {"megabytes": (1, 1024), "seconds": (1, 3600), "redirects": (0, 20)}
"""The least and the most that a caller may say."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """How addresses are fetched: https alone, and never from a private network."""

    megabytes: int = 32
    """Default 32. What is larger is refused."""
    seconds: float = 20
    """Default 20. Time for one input with all its redirects."""
    redirects: int = 3
    """Default 3. Redirects of one input at most."""
    look_up: Callable[[str, int], Sequence[str]] | None = None
    """Default None, as the system does. From a name and a port to addresses."""
    connect: Callable[[str, int, str, float], socket] | None = None
    """Default None, with TLS. A connection to an address and a port, for a name, within so many seconds."""

    @classmethod
    def read(cls, value: Any) -> Fetch | None:
        """What a caller says: True, False or None, or a mapping of the limits.

        Raises:
            InputError: it is something else, or a limit that cannot be.
        """
        if isinstance(value, Fetch | None):
            return value
        if isinstance(value, bool):
            return cls() if value else None
        if not isinstance(value, Mapping) or not set(value) <= _LIMITS.keys():
            raise InputError(
                f"{OPTION} must be True, False or a dictionary of {', '.join(_LIMITS)}, not {shown(value)}."
            )
        for name, number in value.items():
            least, most = _LIMITS[name]
            if type(number) is not int or not least <= number <= most:
                raise InputError(
                    f"{OPTION}: {name} must be a whole number from {least} to {most}, not {shown(number)}."
                )
        return cls(**value)

    def __call__(self, url: str) -> bytes:
        """What lies at an address.

        Raises:
            NotFetched: it is not allowed, too large, too slow, or not there; says which.
        """
        from isomorph.preprocess.download import (
            Download,
        )  # with the network, which few programs need

        return Download(self).of(url)
