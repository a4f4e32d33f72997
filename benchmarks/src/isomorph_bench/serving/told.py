"""What a race of servers says: a table, how ours stands to the others, and a line of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from isomorph_bench.serving.race import Outcome, Row
from isomorph_bench.serving.servers import OURS
from isomorph_bench.serving.turn import Turn

HEAD = f"{'server':24}{'requests/s':>11}" + "".join(
    f"{name:>9}" for name in ("p50 ms", "p95 ms", "p99 ms", "CPU ms", "alone ms", "apart")
)


def lines(outcome: Outcome) -> Iterator[str]:
    """The table with medians of turns, then ratios of the turns of each round, with their medians."""
    yield HEAD
    for row in outcome.rows.values():
        if row.void:
            yield f"{row.name:24}{row.void}"
            continue
        rate, *rest = middle(row.many)
        alone = float(np.median([each.percentile(50) for each in row.alone]))
        yield (
            f"{row.name:24}{rate:11.1f}"
            + "".join(f"{number:9.1f}" for number in rest)
            + f"{alone:9.2f}{row.apart:9.0e}"
        )
    ours = outcome.rows[OURS]
    if ours.void:
        return
    for row in outcome.rows.values():
        if row is not ours and not row.void:
            yield against(ours, row)
    beyond = [
        turn.percentile(50) - call for turn, call in zip(ours.alone, outcome.own, strict=True)
    ]
    middle_one = f"median {np.median(beyond):.2f} ms"
    yield f"one client alone beyond the model's own call: {_listed(beyond)}; {middle_one}"


def middle(turns: Sequence[Turn]) -> list[float]:
    """Of the turns of a server the medians: requests a second, three percentiles, and its cost."""
    told = [
        (one.rate, one.percentile(50), one.percentile(95), one.percentile(99), one.cost)
        for one in turns
    ]
    found: list[float] = np.median(told, axis=0).tolist()
    return found


def against(ours: Row, other: Row) -> str:
    """How many times as many requests ours answered, round by round, and how its latencies stand."""
    ratios = [mine.rate / one.rate for mine, one in zip(ours.many, other.many, strict=True)]
    tails = [
        mine.percentile(99) / one.percentile(99)
        for mine, one in zip(ours.many, other.many, strict=True)
    ]
    return (
        f"requests against {other.name}: {_listed(ratios)}; median {np.median(ratios):.2f}, "
        f"p99 {np.median(tails):.2f} of its"
    )


def record(outcome: Outcome) -> str:
    """A line of JSON: medians, and each turn."""
    said: dict[str, Any] = {
        "clients": outcome.wanted.clients,
        "seconds": outcome.wanted.seconds,
        "backend": outcome.wanted.backend,
        "own_ms": list(outcome.own),
    }
    for row in outcome.rows.values():
        said[row.name] = {
            "void": row.void,
            "apart": row.apart,
            "many": [middle([each]) for each in row.many],
            "alone_ms": [each.percentile(50) for each in row.alone],
        }
    return json.dumps(said)


def _listed(numbers: Sequence[float]) -> str:
    return ", ".join(f"{each:.2f}" for each in numbers)
