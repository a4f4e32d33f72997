"""From nothing to the first vector: seconds, those of the whole process, and peak memory over weights.

    python -m isomorph_bench.probes.start [--model M] [--backends onnx,openvino] [--repeats 5]
        [--profile] [--kept]

Every measurement is a process of its own, backends in turn, so that a busy moment hits all of them.
The model's own files are read from the page cache, and modules are compiled, as an installer leaves
them: the first round is thrown away. With ``--profile`` it says what the time goes to, and with
``--kept`` each backend also starts from what an earlier process has kept compiled.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

from isomorph.compile_cache import VARIABLE
from isomorph_bench.probes import options
from isomorph_bench.race.process import environment
from isomorph_bench.race.turns import turns

T = TypeVar("T")

KEPT = "+kept"
"""Ends the name of a backend that may keep compiled models."""

_CHILD = """
import resource, sys, time
from isomorph import SentenceTransformer
model = SentenceTransformer(sys.argv[1], backend=sys.argv[2])
model.encode("A man is eating food.")
there = time.time()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(there, peak * (1 if sys.platform == "darwin" else 1024))
"""

PHASES = {
    "interpreter": "import sys",
    "numpy": "import numpy",
    "isomorph": "from isomorph import SentenceTransformer, installed",
    "engine": "installed().backend(sys.argv[2]).devices()",
    "read and plan": "model = SentenceTransformer(sys.argv[1], backend=sys.argv[2])",
    "load": "model.__loaded__().pipeline._runners.get('sentence_embedding', model.device, True)",
    "tokenizer": "model.tokenizer",
    "first vector": "model.encode('A man is eating food.')",
}
"""What a start consists of, each step with what makes it happen apart from the others."""


@dataclass(frozen=True, slots=True)
class Start:
    """One process: its seconds from start to first vector and to its end, its peak memory in bytes."""

    first: float
    seconds: float
    peak: int


def measure(model: Path, backend: str) -> Start:
    """Runs one process that loads a model, makes one vector and ends."""
    begun, (there, peak), seconds = _run(_CHILD, model, backend)
    return Start(there - begun, seconds, int(peak))


def phases(model: Path, backend: str) -> dict[str, float]:
    """Seconds of each phase of one process, and of its end."""
    steps = "".join(f"{step}\nprint(time.time())\n" for step in PHASES.values())
    begun, times, seconds = _run("import time\n" + steps, model, backend)
    found = {
        name: there - before
        for name, before, there in zip(PHASES, [begun, *times], times, strict=False)
    }
    return {**found, "end of the process": begun + seconds - times[-1]}


def _run(script: str, model: Path, backend: str) -> tuple[float, list[float], float]:
    """When a process began, the numbers that it printed, and its seconds to its end."""
    name, kept, _ = backend.partition(KEPT)
    command = [sys.executable, "-c", script, str(model), name]
    begun = time.time()
    variables = environment() | {VARIABLE: "100GB" if kept else ""}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=variables)
    return begun, [float(number) for number in done.stdout.split()], time.time() - begun


def weight_bytes(model: Path) -> int:
    """Bytes of the safetensors files of a model."""
    return sum(file.stat().st_size for file in model.rglob("*.safetensors"))


def rounds(work: Callable[[str], T], backends: list[str], repeats: int) -> dict[str, list[T]]:
    """Measurements by backend; the first round only warms the page cache."""
    found: dict[str, list[T]] = {backend: [] for backend in backends}
    for backend in turns(backends, repeats + 1):
        found[backend].append(work(backend))
    return {backend: each[1:] for backend, each in found.items()}


def lines(found: dict[str, list[Start]], weights: int) -> list[str]:
    """A table: seconds to the first vector and to the end, peak over weights, JSON last."""
    text = ["backend            first vector s   best s   process s   peak MB   peak / weights"]
    rows: list[dict[str, object]] = []
    for backend, starts in found.items():
        first = sorted(start.first for start in starts)
        whole = median(start.seconds for start in starts)
        peak = max(start.peak for start in starts)
        text.append(
            f"{backend:<18} {median(first):>14.3f} {first[0]:>8.3f} {whole:>11.3f} "
            f"{peak / 1e6:>9.0f} {peak / weights:>16.2f}"
        )
        times = {"first_s": round(median(first), 3), "best_s": round(first[0], 3)}
        sizes = {"peak_bytes": peak, "weight_bytes": weights}
        rows.append({"backend": backend, **times, "process_s": round(whole, 3), **sizes})
    return [*text, *(json.dumps(row) for row in rows)]


def profile_lines(found: dict[str, list[dict[str, float]]]) -> list[str]:
    """A table: a phase a line, a backend a column, medians in milliseconds."""
    text = ["ms".ljust(20) + "".join(f"{backend:>16}" for backend in found)]
    for phase in (*PHASES, "end of the process"):
        cells = (median(each[phase] for each in starts) * 1000 for starts in found.values())
        text.append(f"{phase:<20}" + "".join(f"{cell:>16.1f}" for cell in cells))
    return text


def main(arguments: list[str] | None = None) -> None:
    parser = options.parser("isomorph_bench.probes.start", __doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--profile", action="store_true", help="what the time goes to")
    parser.add_argument("--kept", action="store_true", help="also from kept compiled models")
    asked = parser.parse_args(arguments)
    model = Path(options.folder_of(asked.model))
    backends = asked.backends.split(",")
    if asked.kept:
        backends += [f"{backend}{KEPT}" for backend in backends]
    found = rounds(partial(measure, model), backends, asked.repeats)
    print("\n".join(lines(found, weight_bytes(model))))
    if asked.profile:
        print("\n".join(profile_lines(rounds(partial(phases, model), backends, asked.repeats))))


if __name__ == "__main__":
    main()
