"""How many threads share a forward: no more than there are CPUs that nobody else uses.

torch shares work by OpenMP, whose threads spin at the end of every operator until the last one has come.
Where another process runs on the CPU of one of them, the others spin for as long as the system lets that
process run, at each of a hundred operators. One thread is many times faster then.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from time import monotonic

from torch import nn

from isomorph_torch.forks import set_threads

RUNNING = Path("/proc/loadavg")
SPINNING = 0.05
"""Seconds behind a forward for which its threads count as spinning."""
SMALL = 1 << 20
"""Weights beside its tables below which a second thread costs a text more time than it spares.

Two layers of BERT of width 128 were slower on two threads, those of width 256 were faster.
"""


def is_small(chain: nn.Module) -> bool:
    """Whether a forward of one input is as fast on one thread.

    Its last bits are the same in every call then: MKL's sums may follow the number of threads.
    """
    tables = (nn.Embedding, nn.EmbeddingBag)
    read = (module for module in chain.modules() if not isinstance(module, tables))
    return sum(w.numel() for module in read for w in module.parameters(recurse=False)) < SMALL


@cache
def _opened(file: Path) -> int | None:
    """A descriptor of a file, which this process keeps: None where there is no such file.

    Every call of few tokens reads it, and an interrupt may come between opening and closing.
    """
    try:
        return os.open(file, os.O_RDONLY)
    except OSError:
        return None


class Team:
    """The threads of a forward; inside, operators of the calling thread are shared by them."""

    def __init__(
        self, wanted: int, alone: bool, cpus: int | None = None, running: Path = RUNNING
    ) -> None:
        """`wanted` threads, of so many CPUs of the machine.

        With `alone` no other forward of the session runs beside, so that what runs beside is somebody
        else's; then there may be fewer. Several lanes always have their share.
        """
        self._wanted = wanted
        self._is_fixed = not alone or wanted == 1
        self._cpus = cpus or os.cpu_count() or 1
        self._running = _opened(running)
        self._spinning, self._until = 0, 0.0

    def fix(self) -> None:
        """From here on always as many as were wanted, for code that was compiled for that number."""
        self._is_fixed = True

    def __enter__(self) -> None:
        set_threads(self._wanted if self._is_fixed else self._unoccupied())

    def __exit__(self, *_: object) -> None:
        if not self._is_fixed:
            self._until = monotonic() + SPINNING

    def _unoccupied(self) -> int:
        """Threads for which there is a CPU now, beside what runs; all where the system does not say."""
        if self._running is None:
            return self._wanted
        try:
            # proc(5): the fourth field is the number of tasks that run or could run, "/", and that of all
            running = int(os.pread(self._running, 64, 0).split()[3].partition(b"/")[0])
        except (OSError, ValueError, IndexError):
            return self._wanted
        own = 1 + (self._spinning if monotonic() < self._until else 0)
        others = max(0, running - own)
        threads = max(1, min(self._wanted, self._cpus - others))
        self._spinning = threads - 1
        return threads
