"""Devices, in one grammar for all backends."""

from __future__ import annotations

import re
from dataclasses import KW_ONLY, dataclass

from isomorph.errors import InputError
from isomorph.messages.shown import shown

_DEVICE = re.compile(r"([a-z][a-z0-9_-]{0,31})(?::([0-9]{1,4})(?:-([0-9]{1,4}))?)?")


@dataclass(frozen=True, slots=True, order=True)
class Device:
    """A device of this machine, written ``KIND`` or ``KIND:INDEX``: ``cpu``, ``cuda:1``.

    A group that holds one model together is written ``KIND:FIRST-LAST``: ``tpu:0-3``. A backend lists the
    groups among its devices, and core treats a group like any other device.
    """

    kind: str
    """Required, such as ``"cuda"``. The kind: a lower-case letter, then letters, digits, ``_`` and ``-``."""
    index: int = 0
    """Default 0, the first device of its kind."""
    _: KW_ONLY
    count: int = 1
    """Default 1; 4 for ``tpu:0-3``. The number of devices in the group that begins at `index`."""

    @classmethod
    def parse(cls, text: str) -> Device:
        """The device that a text such as ``"cpu"`` or ``"cuda:1"`` names; without an index, the first.

        Raises:
            InputError: the text does not follow the grammar.
        """
        match = _DEVICE.fullmatch(text.strip().lower())
        if match is None:
            raise _unreadable(text)
        first = int(match[2] or 0)
        last = int(match[3] or first)
        if last < first or (match[3] and last == first):
            raise _unreadable(text)
        return cls(match[1], first, count=last - first + 1)

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
        if self.count > 1:
            return f"{self.kind}:{self.index}-{self.index + self.count - 1}"
        return self.kind if self.kind == "cpu" and not self.index else f"{self.kind}:{self.index}"


def _unreadable(value: object) -> InputError:
    return InputError(
        f"Device {shown(value)} cannot be read. Write KIND or KIND:INDEX, such as 'cpu' or 'gpu:1'."
    )
