"""Contenders in turn: A B A B …, each in a process of its own, never two at work at once."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeVar

import numpy as np

from benchmarks.scenarios import Suite
from isomorph.verify import PROBES, TOLERANCE, largest_difference

T = TypeVar("T")
Ask = Callable[..., Any]
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One contender's numbers. `void` says why they do not count, "" where they do."""

    backend: str
    engine: str
    device: str
    native: int
    modules: int
    cold_ms: float
    short_p50_ms: float
    short_p99_ms: float
    texts_per_second: float
    difference: float
    void: str = ""


def run(
    model: str, backends: Sequence[str], texts: Sequence[str], suite: Suite, say: Say
) -> list[Row]:
    """Measures every backend on one model; the reference is asked for vectors alone."""
    say("cold starts")
    cold = interleave(backends, suite.cold.repeats, lambda name: cold_start(model, name, suite))
    with ExitStack() as stack:
        with contender(model, "reference") as reference:
            expected = reference("vectors", list(PROBES))
        asks = {name: stack.enter_context(contender(model, name)) for name in backends}
        say("parity and warm-up")
        gaps = {
            name: difference(ask("vectors", list(PROBES)), expected) for name, ask in asks.items()
        }
        for ask in asks.values():
            ask("pass", list(texts))
        say("short texts")
        order = ("call", suite.short.text, suite.short.calls)
        calls = interleave(backends, suite.short.repeats, lambda name: asks[name](*order))
        say("mixed texts")
        passes = interleave(
            backends, suite.mixed.repeats, lambda name: asks[name]("pass", list(texts))
        )
        reports = {name: ask("report") for name, ask in asks.items()}
    return [
        make_row(name, reports[name], cold[name], calls[name], passes[name], len(texts), gaps[name])
        for name in backends
    ]


def interleave(names: Sequence[str], repeats: int, work: Callable[[str], T]) -> dict[str, list[T]]:
    """Results by name; every round visits all names, in turning order, so that drift hits all alike."""
    found: dict[str, list[T]] = {name: [] for name in names}
    for repeat in range(repeats):
        start = repeat % len(names) if names else 0
        for name in (*names[start:], *names[:start]):
            found[name].append(work(name))
    return found


def make_row(
    name: str,
    report: Mapping[str, Any],
    cold: Sequence[float],
    calls: Sequence[Sequence[float]],
    passes: Sequence[float],
    count: int,
    gap: float,
) -> Row:
    """The medians of one contender, and whether they count."""
    single = [seconds for round_ in calls for seconds in round_]
    return Row(
        name,
        report["engine"],
        report["device"],
        report["native"],
        report["modules"],
        median(cold) * 1000,
        percentile(single, 50) * 1000,
        percentile(single, 99) * 1000,
        count / median(passes),
        gap,
        void_reason(gap, report),
    )


def void_reason(gap: float, report: Mapping[str, Any]) -> str:
    """Why a row does not count: other numbers, or modules that ran elsewhere."""
    if not gap <= TOLERANCE:
        return f"differs from the reference by {gap:.1e}"
    if report["native"] < report["modules"]:
        return f"ran {report['native']} of {report['modules']} modules"
    return ""


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that so many percent of all do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def difference(found: Sequence[Sequence[float]], expected: Sequence[Sequence[float]]) -> float:
    """Of two sets of vectors, in units of the largest expected component."""
    return largest_difference([np.array(found)], [np.array(expected)])


def cold_start(model: str, backend: str, suite: Suite) -> float:
    """Seconds from before a process is made until its first vector has come back."""
    begun = time.perf_counter()
    with contender(model, backend) as ask:
        ask("vectors", [suite.cold.text])
        return time.perf_counter() - begun


@contextmanager
def contender(model: str, backend: str) -> Iterator[Ask]:
    """A worker process; the function sends it an order and waits for the answer.

    Raises:
        RuntimeError: it ended instead of answering; what it said is on stderr.
    """
    command = [sys.executable, "-m", "benchmarks.worker"]
    argument = json.dumps({"model": model, "backend": backend})
    child = subprocess.Popen(
        [*command, argument], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stdout is not None
    orders, answers = child.stdin, child.stdout

    def ask(*order: Any) -> Any:
        try:
            orders.write(json.dumps(order) + "\n")
            orders.flush()
        except BrokenPipeError:
            pass  # the missing answer below says it
        line = answers.readline()
        if not line:
            raise RuntimeError(f"The worker of backend {backend!r} ended with {child.wait()}.")
        return json.loads(line)

    try:
        yield ask
    finally:
        child.kill()  # it only waits for orders, and an order that hangs must not hang us
        child.communicate()
