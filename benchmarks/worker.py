"""One contender in a process of its own: reads one order a line on stdin, answers one line each.

    python -m benchmarks.worker '{"model": "…", "backend": "…"}'

Orders are JSON lists: ``["vectors", texts]``, ``["call", text, times]``, ``["pass", texts]``,
``["shares", lists of texts, threads]``, ``["report"]``. Between orders it waits and uses no CPU, so
that contenders can take turns.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any


class Contender:
    """A loaded model and what can be asked of it."""

    def __init__(self, model: str, backend: str) -> None:
        from isomorph.models.sentence_transformer import SentenceTransformer

        self._model = SentenceTransformer(model, backend=backend)

    def vectors(self, texts: Sequence[str]) -> list[list[float]]:
        """The vectors themselves, for parity; also warms up."""
        rows: list[list[float]] = self._model.encode(list(texts), on_long="report").tolist()
        return rows

    def call(self, text: str, times: int) -> list[float]:
        """Seconds of each of so many calls with one text."""
        seconds = []
        for _ in range(times):
            begun = time.perf_counter()
            self._model.encode(text)
            seconds.append(time.perf_counter() - begun)
        return seconds

    def many(self, texts: Sequence[str]) -> float:
        """Seconds of one call with all texts."""
        begun = time.perf_counter()
        self._model.encode(list(texts), on_long="report")
        return time.perf_counter() - begun

    def shares(self, shares: Sequence[Sequence[str]], threads: int) -> float:
        """Seconds of one call for each share, so many of them at once."""
        with ThreadPoolExecutor(threads) as pool:
            begun = time.perf_counter()
            for _ in pool.map(self.many, shares):
                pass
            return time.perf_counter() - begun

    def report(self) -> dict[str, Any]:
        """What is in effect, in words."""
        report = self._model.report()
        return {
            "engine": report.engine,
            "device": report.device,
            "provider": report.provider,
            "precision": report.precision,
            "threads": report.threads,
            "lanes": report.lanes,
            "native": report.native,
            "modules": report.modules,
        }


def main(argument: str) -> None:
    """Answers orders until stdin ends."""
    contender = Contender(**json.loads(argument))
    answers: dict[str, Callable[..., Any]] = {
        "vectors": contender.vectors,
        "call": contender.call,
        "pass": contender.many,
        "shares": contender.shares,
        "report": contender.report,
    }
    for line in sys.stdin:
        order, *arguments = json.loads(line)
        sys.stdout.write(json.dumps(answers[order](*arguments)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
