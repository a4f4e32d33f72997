"""One model on several devices of this process: whoever is free takes the next batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import TypeVar

from isomorph.runtime.plan import Runner

R = TypeVar("R")


class Replicas:
    """Runners of one model, each of which serves as many threads at once as it has lanes.

    Attributes:
        lanes: forwards that run at once, on all devices together.
    """

    def __init__(self, runners: Sequence[Runner]) -> None:
        """Takes loaded runners, one a device."""
        self.lanes = sum(runner.lanes for runner in runners)
        self._free: SimpleQueue[Runner] = SimpleQueue()
        for place in range(max(runner.lanes for runner in runners)):
            for runner in runners:
                if place < runner.lanes:
                    self._free.put(runner)

    def run(self, work: Callable[[Runner], R]) -> R:
        """Does some work with a runner that is free; waits for one where none is."""
        runner = self._free.get()
        try:
            return work(runner)
        finally:
            self._free.put(runner)
