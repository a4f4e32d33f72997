"""One backend of ours in a process of its own.

python -m isomorph_bench.race.worker '{"model": "…", "backend": "…"}'
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from isomorph_bench.race.protocol import serve
from isomorph_bench.workloads.given import given


class Ours:
    """A model on one backend."""

    def __init__(self, model: str, backend: str) -> None:
        from isomorph.models.sentence_transformer import SentenceTransformer

        self._model = SentenceTransformer(model, backend=backend)

    def one(self, text: str) -> Any:
        """The vector of one text."""
        return self._model.encode(given(text))

    def many(self, texts: list[str]) -> Any:
        """The vectors of many, cut where they are too long as all contenders cut them."""
        return self._model.encode([given(each) for each in texts], on_long="report")

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


if __name__ == "__main__":
    serve(Ours, {"shares": Ours.shares})
