"""The race: contenders in turn, A B C, B C A …, each in a process of its own, never two at work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.export.verify import TOLERANCE, largest_difference
from isomorph_bench.race.contenders import Contender
from isomorph_bench.race.process import Ended, Process, running
from isomorph_bench.race.results import Entry, Timing
from isomorph_bench.workloads.scenarios import Scenario

Say = Callable[[str], None]
Vectors = NDArray[np.float32]


class Race:
    """Contenders with their live processes. One that ended is out, and its later rows say why."""

    def __init__(self, contenders: Sequence[Contender], reference: Contender, say: Say) -> None:
        self._contenders = {one.name: one for one in contenders}
        self._out = {one.name: one.absent for one in contenders if one.absent}
        self._reference = reference
        self._say = say
        self._stack = ExitStack()
        self._live: dict[str, Process] = {}
        self._reports: dict[str, Mapping[str, Any]] = {}

    def run(self, suite: Sequence[Scenario]) -> list[Entry]:
        """Every scenario after the other.

        Raises:
            Ended: the reference did; without it nothing can be judged.
        """
        with self._stack:
            timings = {scenario.name: self._timings(scenario) for scenario in suite}
            reports = {name: self._report(name) for name in self._contenders}
        return [
            Entry(
                name,
                contender.ours,
                reports[name],
                {scenario: found[name] for scenario, found in timings.items()},
            )
            for name, contender in self._contenders.items()
        ]

    def _timings(self, scenario: Scenario) -> dict[str, Timing]:
        texts = scenario.texts()
        with running(self._reference) as process:
            expected = process.vectors(texts)
        if scenario.kind == "start":
            return self._starts(scenario, texts, expected)
        gaps, voids = self._parity(scenario, texts, expected)
        self._say(f"{scenario.name}: {scenario.rounds} rounds")
        order = "calls" if scenario.kind == "calls" else "pass"
        seconds: dict[str, list[Sequence[float]]] = {name: [] for name in self._contenders}
        for name in turns(list(gaps), scenario.rounds):
            if voids.get(name):
                continue
            try:
                answer = self._process(name).ask(order, texts)
            except Ended as ended:
                voids[name] = self._out[name] = str(ended)
                continue
            seconds[name].append(answer if order == "calls" else [answer])
        return self._collected(seconds, gaps, voids)

    def _starts(self, scenario: Scenario, texts: list[str], expected: Vectors) -> dict[str, Timing]:
        """From before a process is made until its first vector has come back.

        The first round is not counted: it brings everybody's files into the page cache.
        """
        self._say(f"{scenario.name}: {scenario.rounds} rounds")
        names = [name for name in self._contenders if name not in self._out]
        seconds: dict[str, list[Sequence[float]]] = {name: [] for name in self._contenders}
        gaps: dict[str, float] = {}
        voids: dict[str, str] = {}
        for name in turns(names, scenario.rounds + 1):
            if name in self._out:
                continue
            begun = time.perf_counter()
            try:
                with running(self._contenders[name]) as process:
                    found = process.vectors(texts)
                    seconds[name].append([time.perf_counter() - begun])
                    gap, void = self._judged(name, process, found, expected)
                gaps[name] = max(gap, gaps.get(name, 0.0))
                voids[name] = voids.get(name) or void
            except Ended as ended:
                voids[name] = self._out[name] = str(ended)
        counted = {name: rounds[1:] for name, rounds in seconds.items()}
        return self._collected(counted, gaps, voids)

    def _parity(
        self, scenario: Scenario, texts: list[str], expected: Vectors
    ) -> tuple[dict[str, float], dict[str, str]]:
        """Differences and reasons not to count, over all texts of a scenario; it also warms up."""
        self._say(f"{scenario.name}: parity and warm-up")
        order = "each" if scenario.kind == "calls" else "vectors"
        gaps: dict[str, float] = {}
        voids: dict[str, str] = {}
        for name in self._contenders:
            if name in self._out:
                continue
            try:
                process = self._process(name)
                found = process.vectors(texts, order)
                gaps[name], voids[name] = self._judged(name, process, found, expected)
            except Ended as ended:
                voids[name] = self._out[name] = str(ended)
        return gaps, voids

    def _collected(
        self,
        seconds: Mapping[str, Sequence[Sequence[float]]],
        gaps: Mapping[str, float],
        voids: Mapping[str, str],
    ) -> dict[str, Timing]:
        return {
            name: Timing(
                tuple(tuple(calls) for calls in seconds[name]),
                gaps.get(name),
                self._out.get(name) or voids.get(name, ""),
            )
            for name in self._contenders
        }

    def _process(self, name: str) -> Process:
        if name not in self._live:
            self._live[name] = self._stack.enter_context(running(self._contenders[name]))
        return self._live[name]

    def _judged(
        self, name: str, process: Process, found: Vectors, expected: Vectors
    ) -> tuple[float, str]:
        """Its difference, and why its figures do not count; what it says of itself is kept."""
        self._reports[name] = process.ask("report")
        reason = void_reason(found, expected, self._reports[name])
        return difference(found, expected), reason

    def _report(self, name: str) -> Mapping[str, Any]:
        """What it said last: at the end of its work where it lives to see it."""
        if name in self._live and name not in self._out:
            with suppress(Ended):
                self._reports[name] = self._live[name].ask("report")
        return self._reports.get(name, {})


def turns(names: Sequence[str], rounds: int) -> Iterator[str]:
    """Every round visits all names, in turning order, so that drift hits all alike."""
    for index in range(rounds):
        start = index % len(names) if names else 0
        yield from (*names[start:], *names[:start])


def void_reason(found: Vectors, expected: Vectors, report: Mapping[str, Any]) -> str:
    """Why a figure does not count: other numbers, or modules that ran elsewhere."""
    gap = difference(found, expected)
    if not gap <= TOLERANCE:
        return f"differs from the reference by {gap:.1e}, {extent(found, expected)}"
    if report.get("native", 0) < report.get("modules", 0):
        return f"ran {report['native']} of {report['modules']} modules"
    return ""


def difference(found: Vectors, expected: Vectors) -> float:
    """Of two sets of vectors, in units of the largest expected component; infinite for other shapes."""
    return largest_difference([found], [expected])


def extent(found: Vectors, expected: Vectors) -> str:
    """In how many texts two sets differ."""
    if found.shape != expected.shape:
        return f"{list(found.shape)} for {list(expected.shape)}"
    scale = np.abs(expected).max(initial=0.0)
    wrong = ~(np.abs(found - expected).max(axis=1, initial=0.0) <= TOLERANCE * scale)
    return f"in {wrong.sum()} of {len(expected)} texts"
