"""The workloads by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from isomorph.errors import InputError
from isomorph_bench.workloads.workload import Workload

RATED = ("mixed", "file", "pairs", "from files")
"""Workloads whose share of the machine's arithmetic stands in the table, the first that is there."""

START = Workload("start", "start", 3, "short", 1, goals=(2.2,))
ONE = Workload("one", "calls", 5, "short", 60, goals=(1.33,))
SHORT = Workload("short", "pass", 5, "short", 800, goals=(1.1, 1.0))
MIXED = Workload("mixed", "pass", 5, "mixed", 320, goals=(1.5, 1.35))
LONG = Workload("long", "pass", 5, "long", 48)
FILE = Workload("file", "pass", 5, "file", 2000)
CALLERS = Workload("callers", "callers", 5, "short", 160, callers=8)
SOAK = Workload("soak", "soak", 1, "mixed", 320, seconds=120.0)

DEFAULT = (START, ONE, SHORT, MIXED)
"""Of texts."""
TEXTS = (*DEFAULT, LONG, FILE, CALLERS, SOAK)


def _of_length(tokens: int, texts: int) -> Workload:
    name = f"length {tokens}"
    return Workload(
        name, "pass", 3, "made", texts, axis="length", text_tokens=tokens, at=tokens
    )  # fmt: skip


LENGTHS = tuple(_of_length(tokens, 4096 // tokens) for tokens in (8, 32, 128, 512, 2048))
"""The same number of tokens in longer and longer texts."""
LONGEST = (_of_length(8192, 1),)
"""What the reference needs minutes and ten gigabytes for."""
BATCHES = tuple(
    Workload(f"batch {count}", "pass", 3, "made", count, axis="batch", text_tokens=12, at=count)
    for count in (1, 8, 64, 512, 4096)
)
"""More and more texts of 12 tokens in one call."""
THOUSANDS = tuple(
    Workload(f"batch {count}", "pass", 3, "made", count, axis="batch", text_tokens=12, at=count)
    for count in (1000, 10_000, 100_000)
)
"""The same for models that take so many."""
CROWDS = tuple(
    Workload(
        f"callers {count}", "callers", 3, "short", 160, callers=count, axis="callers", at=count
    )
    for count in (1, 2, 4, 8, 16)
)
"""More and more threads that call with one text after another."""
SWEEPS = {
    "lengths": LENGTHS,
    "longest": LONGEST,
    "batches": BATCHES,
    "thousands": THOUSANDS,
    "crowds": CROWDS,
}
"""Words that stand for several workloads."""


def chosen(
    names: Sequence[str], known: Sequence[Workload], default: Sequence[Workload]
) -> tuple[Workload, ...]:
    """The workloads of these names, in this order; none stands for those of `default`.

    Raises:
        InputError: there is none of a name.
    """
    if not names:
        return tuple(default)
    by_name = {one.name: (one,) for one in known} | (SWEEPS if TEXTS[0] in known else {})
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise InputError(
            f"There is no workload {unknown[0]!r} here; there are: {', '.join(by_name)}."
        )
    return tuple(one for name in dict.fromkeys(names) for one in by_name[name])


def with_(
    suite: Sequence[Workload],
    *,
    rounds: int | None = None,
    callers: int | None = None,
    seconds: float | None = None,
    items: int | None = None,
) -> tuple[Workload, ...]:
    """The suite with other numbers, where they are given.

    With `items` a workload has at most so many; one whose axis is the number of texts is left out instead.
    """
    return tuple(
        replace(
            one,
            rounds=one.rounds if rounds is None or one.kind == "soak" else rounds,
            callers=one.callers
            if callers is None or one.kind != "callers" or one.axis
            else callers,
            seconds=one.seconds if seconds is None or one.kind != "soak" else seconds,
            count=one.count if items is None else min(one.count, items),
        )
        for one in suite
        if items is None or one.axis != "batch" or one.count <= items
    )
