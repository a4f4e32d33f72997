"""Several threads that call one model at once, beside one caller with the same texts.

    python -m isomorph_bench.probes.threads [--model M] [--backends onnx,openvino] [--threads 8] [--repeats 5]

Each backend has a process of its own, and they take turns. Three ways in turn: one call with all texts;
the shares of the threads, one call after the other; and all shares at once, a thread each. The first
ratio is what a service loses that answers its callers at once; of it the second is due to shares that
are sorted and cut into batches one by one, and the third to threads that get in each other's way.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

from isomorph_bench.probes import options
from isomorph_bench.race.contenders import ours
from isomorph_bench.race.process import running
from isomorph_bench.race.turns import turns
from isomorph_bench.workloads.texts import mixed_texts


@dataclass(frozen=True, slots=True)
class Round:
    """Seconds of the same texts: in one call, as shares in a row, as shares at once."""

    whole: float
    row: float
    at_once: float


def measure(
    model: str, backends: Sequence[str], texts: Sequence[str], threads: int, repeats: int
) -> dict[str, list[Round]]:
    """Rounds by backend; what comes before the first only warms up."""
    shares = [list(texts[index::threads]) for index in range(threads)]
    found: dict[str, list[Round]] = {name: [] for name in backends}
    with ExitStack() as stack:
        asks = {each.name: stack.enter_context(running(each)).ask for each in ours(model, backends)}
        for ask in asks.values():
            ask("pass", list(texts))
            ask("shares", shares, threads)
        for name in turns(backends, repeats):
            whole = asks[name]("pass", list(texts))
            row, at_once = (asks[name]("shares", shares, number) for number in (1, threads))
            found[name].append(Round(whole, row, at_once))
    return found


def lines(found: dict[str, list[Round]], count: int, threads: int) -> list[str]:
    """A table of medians of ratios of throughputs, JSON last."""
    text = [f"backend      texts/s, one call   {threads} at once / one call   in a row / one call   "
            "at once / in a row"]  # fmt: skip
    rows: list[dict[str, object]] = []
    for backend, rounds in found.items():
        speed = count / median(each.whole for each in rounds)
        lost = median(each.whole / each.at_once for each in rounds)
        cut = median(each.whole / each.row for each in rounds)
        own = median(each.row / each.at_once for each in rounds)
        text.append(f"{backend:<12} {speed:>17.1f} {lost:>22.3f} {cut:>21.3f} {own:>20.3f}")
        ratios = {"at_once": round(lost, 3), "in_a_row": round(cut, 3), "threads": round(own, 3)}
        rows.append({"backend": backend, "texts_per_second": round(speed, 1), **ratios})
    return [*text, *(json.dumps(row) for row in rows)]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = options.parser("isomorph_bench.probes.threads", __doc__)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--texts", type=int, default=480)
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args(arguments)
    folder = options.folder_of(asked.model)
    texts = mixed_texts(asked.texts)
    found = measure(folder, asked.backends.split(","), texts, asked.threads, asked.repeats)
    print("\n".join(lines(found, len(texts), asked.threads)))


if __name__ == "__main__":
    main()
