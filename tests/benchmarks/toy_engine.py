"""A contender for tests whose clock is its own: a text takes as long as is said, on any machine."""

from __future__ import annotations

import random
from types import SimpleNamespace
from typing import Any

import numpy as np

from isomorph_bench.race import protocol

TEXT = 0.001
"""Seconds of a text, before noise and pace."""


class Toy:
    """`pace` times slower than others; `noise` of a call, as a share of its seconds, is drawn from `seed`."""

    def __init__(
        self,
        seed: int,
        pace: float = 1.0,
        noise: float = 0.01,
        device: str = "cpu",
        wrong: float = 0.0,
    ) -> None:
        self._draw = random.Random(seed)
        self._pace, self._noise, self._device, self._wrong = pace, noise, device, wrong
        self._now = 0.0
        protocol.time = SimpleNamespace(perf_counter=lambda: self._now)

    def one(self, text: str) -> Any:
        """A vector, after the time of a text."""
        return self.many([text])[0]

    def many(self, texts: list[str]) -> Any:
        """Vectors, after the time of all texts."""
        self._now += len(texts) * TEXT * self._pace * self._draw.lognormvariate(0, self._noise)
        found = np.array([[len(text), 1.0, text.count("e")] for text in texts], np.float32)
        found[-1] += self._wrong
        return found

    def report(self) -> dict[str, Any]:
        """Where it says that it ran."""
        return {"engine": "toy 1.0", "device": self._device}


if __name__ == "__main__":
    protocol.serve(Toy)
