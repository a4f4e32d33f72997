"""From nothing to the first vector: seconds of a whole process, and its peak memory over its weights.

    python -m benchmarks.start [--model MODEL] [--backends onnx,openvino] [--repeats 5]

Every measurement is a process of its own, backends in turn, so that a busy moment hits all of them.
The model's own files are read from the page cache: the first round is thrown away.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.__main__ import MODEL
from isomorph.resolve import Request, resolve

_CHILD = """
import resource, sys
from isomorph import SentenceTransformer
model = SentenceTransformer(sys.argv[1], backend=sys.argv[2])
model.encode("A man is eating food.")
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak * (1 if sys.platform == "darwin" else 1024))
"""


@dataclass(frozen=True, slots=True)
class Start:
    """One process: its seconds from start to end, its largest resident set in bytes."""

    seconds: float
    peak: int


def measure(model: Path, backend: str) -> Start:
    """Runs one process that loads a model, makes one vector and ends."""
    command = [sys.executable, "-c", _CHILD, str(model), backend]
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=_offline())
    return Start(time.perf_counter() - begun, int(done.stdout))


def weight_bytes(model: Path) -> int:
    """Bytes of the safetensors files of a model."""
    return sum(file.stat().st_size for file in model.rglob("*.safetensors"))


def rounds(model: Path, backends: list[str], repeats: int) -> dict[str, list[Start]]:
    """Measurements by backend; the first round only warms the page cache."""
    found: dict[str, list[Start]] = {backend: [] for backend in backends}
    for index in range(repeats + 1):
        for backend in backends:
            start = measure(model, backend)
            if index:
                found[backend].append(start)
    return found


def lines(found: dict[str, list[Start]], weights: int) -> list[str]:
    """A table: median and best of the seconds, peak over weights, JSON last."""
    text = ["backend      median s   best s   peak MB   peak / weights"]
    rows: list[dict[str, object]] = []
    for backend, starts in found.items():
        seconds = sorted(start.seconds for start in starts)
        peak = max(start.peak for start in starts)
        middle, best = median(seconds), seconds[0]
        text.append(
            f"{backend:<12} {middle:>8.3f} {best:>8.3f} {peak / 1e6:>9.0f} {peak / weights:>10.2f}"
        )
        times = {"median_s": round(middle, 3), "best_s": round(best, 3)}
        rows.append({"backend": backend, **times, "peak_bytes": peak, "weight_bytes": weights})
    return [*text, *(json.dumps(row) for row in rows)]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__)
    parser.add_argument("--model", default=MODEL, help="folder, package:DISTRIBUTION or Hub id")
    parser.add_argument("--backends", default="onnx,openvino")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args(arguments)
    model = resolve(options.model, Request(organization="sentence-transformers"))
    found = rounds(model, options.backends.split(","), options.repeats)
    print("\n".join(lines(found, weight_bytes(model))))


def _offline() -> dict[str, str]:
    return {**os.environ, "HF_HUB_OFFLINE": "1"}


if __name__ == "__main__":
    main()
