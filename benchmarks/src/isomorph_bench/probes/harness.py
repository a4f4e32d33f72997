"""What the harness adds to the figures of an engine that does nothing.

    python -m isomorph_bench.probes.harness [--texts 320] [--rounds 20] [--call-ms 2.0]

The engine has a process as any contender and gives a vector that is there. What is then measured is of the
harness alone, for a call of one text and for one of many. A share is told of calls of `--call-ms`, about what
a short text takes on the fastest engines.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from statistics import median
from typing import Any

from isomorph_bench.race import launch
from isomorph_bench.race.contenders import Contender
from isomorph_bench.race.process import running
from isomorph_bench.race.protocol import serve
from isomorph_bench.workloads.texts import short_texts

WIDTH = 384


class Nothing:
    """An engine whose vectors are made before anybody asks."""

    def __init__(self, most: int) -> None:
        import numpy as np

        self._made = np.zeros((most, WIDTH), np.float32)

    def one(self, item: Any) -> Any:
        """A vector."""
        return self._made[0]

    def many(self, items: list[Any]) -> Any:
        """As many vectors as items."""
        return self._made[: len(items)]

    def report(self) -> dict[str, Any]:
        """That it does nothing."""
        return {"engine": "nothing", "device": "cpu"}


def measured(count: int, rounds: int) -> tuple[float, float]:
    """Seconds that the harness sees of a call of one text, and of a call of so many; medians."""
    texts = short_texts(count)
    nothing = Contender("nothing", launch.command("probes.harness"), {"most": count})
    with running(nothing) as process:
        calls = [each for _ in range(rounds) for each in process.ask("calls", texts)]
        passes = [process.ask("pass", texts) for _ in range(rounds)]
    return median(calls), median(passes)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m isomorph_bench.probes.harness")
    parser.add_argument("--texts", type=int, default=320)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--call-ms", type=float, default=2.0)
    asked = parser.parse_args(arguments)
    one, many = measured(asked.texts, asked.rounds)
    share = one * 1000 / asked.call_ms
    print(f"one text a call: {one * 1e6:.2f} µs, {share:.3%} of {asked.call_ms} ms")
    print(f"{asked.texts} texts a call: {many * 1e6:.2f} µs")


if __name__ == "__main__":
    import sys

    serve(Nothing) if sys.argv[1:] and sys.argv[1].startswith("{") else main()
