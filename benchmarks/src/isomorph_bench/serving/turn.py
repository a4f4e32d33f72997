"""What one server did while clients asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from isomorph_bench.serving.load import ask
from isomorph_bench.serving.servers import Server


@dataclass(frozen=True, slots=True)
class Turn:
    """Seconds of each request, of the whole turn, and of processors that the server used."""

    seconds: float
    latencies: tuple[float, ...]
    processors: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds

    @property
    def cost(self) -> float:
        """Milliseconds of processors that a request took of the server."""
        return self.processors / len(self.latencies) * 1000

    def percentile(self, share: float) -> float:
        """Milliseconds below which this share (0 to 100) of the requests were answered."""
        return float(np.percentile(self.latencies, share)) * 1000


def turn(server: Server, texts: Sequence[str], clients: int, seconds: float) -> Turn:
    """Has so many clients ask a server that is at work.

    Raises:
        NotAnswered: a request was not.
    """
    began, before = perf_counter(), server.processors()
    latencies = asyncio.run(ask(server.port, texts, clients, seconds))
    return Turn(perf_counter() - began, tuple(latencies), server.processors() - before)
