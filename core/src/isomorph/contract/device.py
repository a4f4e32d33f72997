"""Devices, in one grammar for all backends."""

from __future__ import annotations

import re
from dataclasses import dataclass

from isomorph.errors import InputError
from isomorph.messages.shown import shown

_DEVICE = re.compile(r"([a-z][a-z0-9_-]{0,31})(?::([0-9]{1,4}))?")


@dataclass(frozen=True, slots=True, order=True)
class Device:
    """A device of this machine, written ``KIND`` or ``KIND:INDEX``: ``cpu``, ``cuda:1``."""

    kind: str
    """Required, such as ``"cuda"``. The kind: a lower-case letter, then letters, digits, ``_`` and ``-``."""
    index: int = 0
    """Default 0, the first device of its kind."""

    @classmethod
    def parse(cls, text: str) -> Device:
        """The device that a text such as ``"cpu"`` or ``"cuda:1"`` names; without an index, the first.

        Raises:
            InputError: the text does not follow the grammar.
        """
        match = _DEVICE.fullmatch(text.strip().lower())
        if match is None:
            raise _unreadable(text)
        return cls(match[1], int(match[2] or 0))

    @classmethod
    def of(cls, value: object) -> Device:
        """The device that any value means: a `Device`, a text, or an object that prints as such a text.

        Raises:
            InputError: the value is none of these.
        """
        if isinstance(value, cls):
            return value
        word = value is None or isinstance(value, bool | bytes | type)  # these print as words
        try:
            return cls.parse("" if word else str(value))
        except Exception:  # the object's own code too
            raise _unreadable(value) from None

    def __str__(self) -> str:
        return self.kind if self.kind == "cpu" and not self.index else f"{self.kind}:{self.index}"


def _unreadable(value: object) -> InputError:
    return InputError(
        f"Device {shown(value)} cannot be read. Write KIND or KIND:INDEX, such as 'cpu' or 'gpu:1'."
    )
