"""What prepares inputs, loaded once however many threads ask first."""

from __future__ import annotations

from threading import RLock
from typing import Any

from isomorph.machine.forks import WORK
from isomorph.preprocess.protocol import Inputs, Preparer


class Preparing:
    """The preparer of some inputs, loaded on first use.

    Attributes:
        lock: whoever loads holds it.
    """

    def __init__(self, inputs: Inputs, elder: Preparing | None = None) -> None:
        """Loads nothing.

        Args:
            inputs: what a chain says of its inputs.
            elder: that of the same files read otherwise, whose tokenizer may serve these too.
        """
        self.lock = RLock()
        self._inputs = inputs
        self._elder = elder
        self._made: Preparer | None = None
        WORK.inherit(self)

    @property
    def preparer(self) -> Preparer:
        """Raises what `Inputs.preparer` raises."""
        again: Any = None
        if self._made is None and self._elder is not None:
            again = getattr(self._elder.preparer, "again", None)  # it has a lock too: one at a time
        with self.lock:
            if self._made is None:
                with WORK():
                    found: Preparer | None = None if again is None else again(self._inputs)
                    self._made = found or self._inputs.preparer()
            return self._made

    def after_fork(self) -> None:
        """In a child: a lock that no thread of the parent holds."""
        self.lock = RLock()
