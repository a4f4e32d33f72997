"""How long one short text takes beside other processes that keep CPUs busy.

    python -m isomorph_bench.probes.busy [--model M] [--backends torch] [--busy 0,1,4] [--peer PYTHON]

Each backend has a process of its own, the busy ones begin when that is ready, and all end with it. `--peer`
is the interpreter of an environment with sentence-transformers, which then runs the same text on torch.
Told are the median and the 90th percentile of the milliseconds of a call.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import quantiles

from isomorph_bench.probes.options import folder_of, parser

TEXT = "What is the capital of France?"
WARM, CALLS = 20, 80
PEER = "sentence-transformers"

WORKER = """
import json, sys
from time import perf_counter
peer, folder, backend, text, warm, calls = sys.argv[1:]
if peer:
    from sentence_transformers import SentenceTransformer
    model, wanted = SentenceTransformer(folder, device="cpu"), {"show_progress_bar": False}
else:
    from isomorph import SentenceTransformer
    model, wanted = SentenceTransformer(folder, backend=backend), {}
for _ in range(int(warm)):
    model.encode(text, **wanted)
print("ready", flush=True)
input()
found = []
for _ in range(int(calls)):
    began = perf_counter()
    model.encode(text, **wanted)
    found.append(perf_counter() - began)
print(json.dumps(found))
"""


@contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that each keep a CPU busy until the end."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def measure(python: str, is_peer: bool, folder: str, backend: str, count: int) -> list[float]:
    """Milliseconds of each call."""
    told = ["1" if is_peer else "", folder, backend, TEXT, str(WARM), str(CALLS)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    worker = subprocess.Popen([python, "-c", WORKER, *told], text=True, **pipes)  # type: ignore[call-overload]
    try:
        if worker.stdout.readline() != "ready\n":
            raise SystemExit(f"{python} could not run the text on {backend}.")
        with busy(count):
            answer, _ = worker.communicate("\n")
    finally:
        worker.kill()
        worker.wait()
    return [1e3 * each for each in json.loads(answer)]


def run(arguments: Sequence[str] | None = None) -> None:
    """Prints a line for each number of busy processes and each engine."""
    options = parser("isomorph_bench.probes.busy", __doc__, backends="torch")
    options.add_argument("--busy", default="0,1,4")
    options.add_argument("--peer", default="")
    given = options.parse_args(arguments)
    folder = folder_of(given.model)
    ways = [(sys.executable, name) for name in given.backends.split(",")]
    ways += [(given.peer, PEER)] if given.peer else []
    for count in map(int, given.busy.split(",")):
        for python, name in ways:
            cut = quantiles(measure(python, name == PEER, folder, name, count), n=10)
            print(f"{count} busy, {name}: median {cut[4]:.1f} ms, p90 {cut[8]:.1f} ms", flush=True)


if __name__ == "__main__":
    run()
