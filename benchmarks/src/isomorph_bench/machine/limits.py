"""What the machine could do at best: matrix products and reading on every core, and copies in memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from isomorph.machine.cpu import effective_cpus
from isomorph_bench.race import launch

SIDE = 1024
"""Of the square matrices: 4 MB each, about what an encoder's products move."""
READ = 64 << 20
"""Bytes that each process reads again and again: more than its share of any cache."""
SECONDS = 1.0
STEADY = 0.85
"""A machine of one's own repeats its rate of products at least so well."""
ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
CHOSEN_KERNELS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Variables that hold a BLAS to another processor's kernels: what it then does is no limit of this one."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`sgemm_gflops`: the sum over all usable CPUs of single-thread products side by side, the best seen.

    `sgemm_lowest` is the worst seen. Where it is far below, others used the machine meanwhile.
    `read_gbytes` is the sum over as many readers of memory.
    """

    sgemm_gflops: float
    sgemm_lowest: float
    copy_gbytes: float
    read_gbytes: float

    @property
    def busy(self) -> bool:
        """Whether the machine gave much less at one end of the run than at the other."""
        return self.sgemm_lowest < STEADY * self.sgemm_gflops


def probe() -> Limits:
    """Measures this machine; takes a few seconds."""
    cpus = effective_cpus()
    sgemm = round(side_by_side("multiply", cpus), 1)
    read_rate = round(side_by_side("read", cpus), 1)
    return Limits(sgemm, sgemm, round(copy_rate(), 1), read_rate)


def probe_again(before: Limits) -> Limits:
    """The same machine after the work: its best and its worst."""
    sgemm = round(side_by_side("multiply", effective_cpus()), 1)
    return replace(
        before,
        sgemm_gflops=max(sgemm, before.sgemm_gflops),
        sgemm_lowest=min(sgemm, before.sgemm_lowest),
    )


def side_by_side(work: str, processes: int) -> float:
    """GFLOP/s of float32 products (``"multiply"``) or GB/s (``"read"``): one process a core, all at once.

    Each has a single thread. One process with many would measure the barriers between them as well.
    """
    command = [*launch.command("machine.limits"), work, str(SECONDS)]
    environment = {**os.environ, **ONE_THREAD}
    for variable in CHOSEN_KERNELS:
        environment.pop(variable, None)
    children: list[subprocess.Popen[str]] = []
    try:
        for _ in range(processes):  # of a session of their own: an interrupt is the parent's alone
            children.append(
                subprocess.Popen(
                    command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                    start_new_session=True,
                )
            )  # fmt: skip
        for child in children:  # all are warm before the first of them begins
            assert child.stdout is not None
            child.stdout.readline()
        for child in children:
            assert child.stdin is not None
            child.stdin.write("go\n")
            child.stdin.flush()
        return sum(float(child.communicate()[0]) for child in children)
    finally:
        for child in children:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    pipe.close()


def multiply(seconds: float, clock: Callable[[], float] = time.perf_counter) -> float:
    """GFLOP/s of this process alone."""
    import numpy as np

    left = np.ones((SIDE, SIDE), np.float32)
    product = left @ left
    times, taken = _repeated(lambda: np.matmul(left, left, out=product), seconds, clock)
    return times * 2 * SIDE**3 / taken / 1e9


def read(seconds: float, clock: Callable[[], float] = time.perf_counter) -> float:
    """GB/s of this process alone, which adds up products of what it reads."""
    import numpy as np

    values = np.ones(READ // 4, np.float32)
    times, taken = _repeated(lambda: np.dot(values, values), seconds, clock)
    return times * values.nbytes / taken / 1e9


def _repeated(
    work: Callable[[], object], seconds: float, clock: Callable[[], float]
) -> tuple[int, float]:
    """How often it was done, and in how many seconds, once the other processes are ready too."""
    work()
    sys.stdout.write("warm\n")
    sys.stdout.flush()
    sys.stdin.readline()
    begun, times = clock(), 0
    while clock() - begun < seconds:
        work()
        times += 1
    return times, clock() - begun


def copy_rate(clock: Callable[[], float] = time.perf_counter) -> float:
    """GB copied per second, each byte counted once, best of five copies far larger than caches."""
    import numpy as np

    source = np.ones(256 * 1024 * 1024, np.uint8)
    target = np.zeros_like(source)
    best = float("inf")
    for _ in range(5):
        begun = clock()
        np.copyto(target, source)
        best = min(best, clock() - begun)
    return source.nbytes / best / 1e9


if __name__ == "__main__":
    measured = {"multiply": multiply, "read": read}[sys.argv[1]]
    sys.stdout.write(f"{measured(float(sys.argv[2]))}\n")
