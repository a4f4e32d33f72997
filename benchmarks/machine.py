"""What the machine could do at best: matrix products on every core, and copies in memory."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

SIDE = 1024
"""Of the square matrices: 4 MB each, about what an encoder's products move."""
SECONDS = 2.0
ONE_THREAD = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
CHOSEN_KERNELS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Variables that hold a BLAS to another processor's kernels: what it then does is no limit of this one."""


@dataclass(frozen=True, slots=True)
class Machine:
    """`sgemm_gflops`: the sum over `cpus` single-thread products side by side, the best seen.

    `sgemm_lowest` is the worst seen. Where it is far below, others used the machine meanwhile.
    """

    cpu: str
    cpus: int
    sgemm_gflops: float
    sgemm_lowest: float
    copy_gbytes: float
    python: str
    system: str


def probe() -> Machine:
    """Measures this machine; takes a few seconds."""
    from isomorph.cpu import effective_cpus

    cpus = effective_cpus()
    sgemm = round(sgemm_rate(cpus), 1)
    return Machine(
        cpu_model(),
        cpus,
        sgemm,
        sgemm,
        round(copy_rate(), 1),
        platform.python_version(),
        platform.platform(terse=True),
    )


def probe_again(before: Machine) -> Machine:
    """The same machine after the work: its best and its worst."""
    sgemm = round(sgemm_rate(before.cpus), 1)
    return replace(
        before,
        sgemm_gflops=max(sgemm, before.sgemm_gflops),
        sgemm_lowest=min(sgemm, before.sgemm_lowest),
    )


def cpu_model(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name as the system gives it."""
    try:
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def sgemm_rate(processes: int) -> float:
    """GFLOP/s of float32 products, one single-thread process a core, all at once.

    One process with many threads would measure the barriers between them as well.
    """
    command = [sys.executable, "-m", "benchmarks.machine", str(SECONDS)]
    environment = {**os.environ, **ONE_THREAD}
    for variable in CHOSEN_KERNELS:
        environment.pop(variable, None)
    children = [
        subprocess.Popen(
            command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(processes)
    ]
    for child in children:  # all are warm before the first of them begins
        assert child.stdout is not None
        child.stdout.readline()
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    return sum(float(child.communicate()[0]) for child in children)


def multiply(seconds: float, clock: Callable[[], float] = time.perf_counter) -> float:
    """GFLOP/s of this process alone."""
    import numpy as np

    left = np.ones((SIDE, SIDE), np.float32)
    product = left @ left
    sys.stdout.write("warm\n")
    sys.stdout.flush()
    sys.stdin.readline()
    begun, rounds = clock(), 0
    while clock() - begun < seconds:
        np.matmul(left, left, out=product)
        rounds += 1
    return rounds * 2 * SIDE**3 / (clock() - begun) / 1e9


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
    sys.stdout.write(f"{multiply(float(sys.argv[1]))}\n")
