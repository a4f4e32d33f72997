"""One backend measured in a process of its own, which prints one line of JSON.

    python -m isomorph.cli.measure '{"model": "…", "backend": "…", "started": 1700000000.0}'

``started`` is `time.time()` of the parent just before it made this process, so that the time to the
first vector counts the interpreter, all imports and loading. Nothing is imported here before that
vector that a user's program would not import.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from isomorph.cli.answer import answer, answered


@dataclass(frozen=True, slots=True)
class ToMeasure:
    """What to measure: vectors of `sentences`, then the speed on `texts`, `repeats` times."""

    model: str
    backend: str
    started: float
    sentences: Sequence[str] = ()
    texts: Sequence[str] = ()
    repeats: int = 3


@dataclass(frozen=True, slots=True)
class Measured:
    """What came out. ``loaded``: packages in memory that some installed backend needs as its engine."""

    backend: str
    engine: str
    device: str
    native: int
    modules: int
    first_vector_ms: float
    texts_per_second: float
    loaded: tuple[str, ...] = ()
    vectors: list[list[float]] = field(default_factory=list)


def measure(request: ToMeasure, clock: Callable[[], float] = time.perf_counter) -> Measured:
    """Loads the model, embeds, and times it."""
    from isomorph.models.sentence_transformer import SentenceTransformer

    with SentenceTransformer(request.model, backend=request.backend) as model:
        model.encode("The first vector.")
        first = time.time() - request.started
        vectors = model.encode(list(request.sentences))
        rate = throughput(model.encode, request.texts, request.repeats, clock)
        report = model.report()
    return Measured(
        report.backend,
        report.engine,
        report.device,
        report.native,
        report.modules,
        first * 1000,
        rate,
        loaded_engines(sys.modules),
        vectors.tolist(),
    )


def throughput(
    encode: Callable[[list[str]], Any],
    texts: Sequence[str],
    repeats: int,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Texts per second: the median over `repeats` passes; 0 where there are no texts."""
    from statistics import median

    if not texts or repeats < 1:
        return 0.0
    seconds = []
    for _ in range(repeats):
        begun = clock()
        encode(list(texts))
        seconds.append(clock() - begun)
    return len(texts) / median(seconds)


def loaded_engines(modules: Iterable[str]) -> tuple[str, ...]:
    """Which of the packages that any installed backend requires are loaded; core's own left out."""
    from isomorph.plugins.discovery import installed

    infos = installed().infos
    base = {name for info in infos if info.fallback for name in info.requires}
    engines = {name for info in infos for name in info.requires} - base
    return tuple(sorted(engines & set(modules)))


def main(argument: str) -> None:
    """Reads the request from the command line and prints the answer."""
    measured = measure(ToMeasure(**json.loads(argument)))
    answer().write(json.dumps(asdict(measured)) + "\n")


if __name__ == "__main__":
    answered(main)(sys.argv[1])
