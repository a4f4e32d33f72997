"""One backend of ours in a process of its own, which answers the orders of `isomorph_bench.race.protocol`."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import TYPE_CHECKING, Any

from isomorph_bench.race.protocol import serve

if TYPE_CHECKING:
    from isomorph_bench.tasks.task import Task


class Ours:
    """A model on one backend, asked as users of its class ask."""

    def __init__(
        self,
        model: str,
        backend: str,
        task: str = "dense",
        device: str | None = None,
        cpus: int | None = None,
    ) -> None:
        if cpus is not None:  # before an engine counts them
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cpus])
        import isomorph
        from isomorph.machine.cpu import effective_cpus

        self._cpus = effective_cpus()
        self._task: Task = import_module(f"isomorph_bench.tasks.{task.replace('-', '_')}").TASK
        kind = getattr(isomorph, self._task.model_type)
        self._model = kind(model, backend=backend, device=device)

    def one(self, item: Any) -> Any:
        """The result of one item."""
        return self._task.one(self._model, item)

    def many(self, items: list[Any]) -> Any:
        """The results of many, cut where they are too long as all contenders cut them."""
        return self._task.many(self._model, items)

    def shares(self, shares: Sequence[Sequence[Any]], threads: int) -> float:
        """Seconds of one call for each share, so many of them at once."""
        with ThreadPoolExecutor(threads) as pool:
            begun = time.perf_counter()
            for _ in pool.map(self.many, map(list, shares)):
                pass
            return time.perf_counter() - begun

    def report(self) -> dict[str, Any]:
        """What is in effect, in words, and what the last call computed beside what it needed."""
        report = self._model.report()
        names = (
            *("engine", "device", "provider", "precision", "stored", "threads", "lanes"),
            *("native", "modules", "texts", "tokens", "padding"),
        )
        return {"cpus": self._cpus, **{name: getattr(report, name) for name in names}}


if __name__ == "__main__":
    serve(Ours, {"shares": Ours.shares})
