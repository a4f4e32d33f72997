"""What a call of one short text takes beside the engine's forward, in microseconds.

    python -m isomorph_bench.probes.overhead [--model M] [--backends onnx,openvino] [--repeats 5]

In real calls the forward has filled the caches with weights; the second figure is of calls whose forward
only hands out a vector that is there: the code alone.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter
from typing import Any

from isomorph import SentenceTransformer
from isomorph.runtime.plan import Runner
from isomorph_bench.probes import options
from isomorph_bench.workloads.texts import short_texts

TEXTS = 60


class Watched:
    """Forwards that are timed, or with `canned` not made at all after the first."""

    def __init__(self, forward: Callable[..., Any], canned: bool) -> None:
        self._forward = forward
        self._canned = canned
        self._made: Any = None
        self.last = 0.0

    def make(self, runner: Runner, feeds: Any) -> Any:
        """The forward, or what it gave the first time."""
        begun = perf_counter()
        if self._made is None or not self._canned:
            self._made = self._forward(runner, feeds)
        self.last = perf_counter() - begun
        return self._made


def overhead(model: SentenceTransformer, repeats: int, canned: bool) -> float:
    """Median seconds of a call beside its forward."""
    texts, found = short_texts(TEXTS), []
    original = Runner.forward
    watched = Watched(original, canned)

    def forward(runner: Runner, feeds: Any) -> Any:
        return watched.make(runner, feeds)

    Runner.forward = forward  # type: ignore[method-assign, assignment]
    try:
        for text in texts * (1 + repeats):
            begun = perf_counter()
            model.encode(text)
            found.append(perf_counter() - begun - watched.last)
    finally:
        Runner.forward = original  # type: ignore[method-assign]
    return median(found[TEXTS:])


def main(arguments: Sequence[str] | None = None) -> None:
    parser = options.parser("isomorph_bench.probes.overhead", __doc__)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args(arguments)
    sys.stdout.write("backend      us beside the forward   us without it\n")
    for backend in asked.backends.split(","):
        with SentenceTransformer(asked.model, backend=backend) as model:
            real, alone = (overhead(model, asked.repeats, canned) for canned in (False, True))
        sys.stdout.write(f"{backend:<12} {real * 1e6:>21.0f} {alone * 1e6:>15.0f}\n")


if __name__ == "__main__":
    main()
