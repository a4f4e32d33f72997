"""Token poolings that do odd things in a worker, which must be able to import them."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import numpy as np


class Unsendable(Exception):
    """Cannot be pickled: it holds a function of no name."""

    def __init__(self, text):
        super().__init__(text)
        self.function = lambda: text


class TwoArguments(Exception):
    """Pickles into what cannot be made again."""

    def __init__(self, one, other):
        super().__init__(f"{one} and {other}")


@dataclass(frozen=True)
class Odd:
    """Fails, ends the process, computes for long, or says what the process is told of its threads."""

    does: str

    def applies_to(self, task):
        return True

    def pool_one(self, embedding):
        if self.does == "raise":
            raise LookupError("nothing here")
        if self.does == "raise unsendable":
            raise Unsendable("a secret function")
        if self.does == "raise two arguments":
            raise TwoArguments("one", "other")
        if self.does == "exit":
            os._exit(7)
        if self.does == "compute":
            deadline = time.monotonic() + 3
            while time.monotonic() < deadline:
                pass
        return np.full((1, 1), int(os.environ["ISOMORPH_THREADS"]), np.float32)
