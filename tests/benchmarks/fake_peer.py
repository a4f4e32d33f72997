"""A contender for tests: the vectors of what it is told to be, or no answer at all."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import numpy as np

from isomorph_bench.race.protocol import serve


def vectors(texts: list[str]) -> Any:
    """What everybody but a wrong one answers: [texts, 3]."""
    return np.array([[len(text), 1.0, text.count("e")] for text in texts])


class Fake:
    """`manner` is how it behaves."""

    def __init__(self, manner: str = "right", crash_at: str = "") -> None:
        self._manner = manner
        self._asked = 0
        self._crash_at = crash_at
        print("a greeting on stdout, as libraries print them")
        if manner == "unloadable":
            raise ValueError("there is no such model")

    def one(self, text: str) -> Any:
        return self.many([text])[0]

    def many(self, texts: list[str]) -> Any:
        if self._crash_at and self._crash_at in texts:
            print("out of luck", file=sys.stderr, flush=True)
            os._exit(7)
        if self._manner == "hangs":
            time.sleep(600)
        found = vectors(texts)
        if self._manner == "cuts":  # long texts come out wrong, short ones right
            found[:, 0] = np.minimum(found[:, 0], 100)
        return found + (0.5 if self._manner == "wrong" else 0)

    def report(self) -> dict[str, Any]:
        self._asked += 1
        late = self._manner == "later" and self._asked > 3
        native = 1 if self._manner == "elsewhere" or late else 2
        return {"engine": "fake 1.0", "device": "cpu", "native": native, "modules": 2}


if __name__ == "__main__":
    serve(Fake)
