"""The race: contenders in turn, A B C, B C A …, each in a process of its own, never two at work."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

from isomorph_bench.machine.energy import Meter
from isomorph_bench.race.contenders import Contender
from isomorph_bench.race.judging import (
    LEAST_COSINE,
    difference,
    elsewhere,
    lowest_cosine,
    void_reason,
)
from isomorph_bench.race.process import Ended, Process, running
from isomorph_bench.race.turns import turns
from isomorph_bench.records.row import Row
from isomorph_bench.tasks.task import Rows
from isomorph_bench.workloads.workload import Workload

Say = Callable[[str], None]
Timed = tuple[Workload, Sequence[Any]]
"""A workload with its items."""
INTERRUPTED = "interrupted"
"""Why a row has no figures, or fewer than were asked, that somebody stopped."""


@dataclass(slots=True)
class Found:
    """What is known of one contender in one workload so far."""

    rounds: list[tuple[float, ...]] = field(default_factory=list)
    gap: float | None = None
    cosine: float | None = None
    void: str = ""
    resident: list[tuple[float, float]] = field(default_factory=list)
    joules: list[float] = field(default_factory=list)


class Race:
    """Contenders with their live processes. One that ended is out, and its later rows say why."""

    def __init__(
        self,
        contenders: Sequence[Contender],
        reference: Contender,
        say: Say,
        *,
        meter: Meter | None = None,
        least_cosine: float = LEAST_COSINE,
    ) -> None:
        self._contenders = {one.name: one for one in contenders}
        self._out = {one.name: one.absent for one in contenders if one.absent}
        self._reference = reference
        self._say = say
        self._meter = meter or Meter()
        self._least_cosine = least_cosine
        self._stack = ExitStack()
        self._live: dict[str, Process] = {}
        self._reports: dict[tuple[str, str], Mapping[str, Any]] = {}
        self.stopped = ""
        """Why the race ended before its last workload; its other rows are whole."""

    def run(self, suite: Sequence[Timed]) -> list[Row]:
        """Every workload after the other. An interrupt ends the race, and what was measured stays.

        Without results of the reference the figures of a workload do not count.
        """
        found: dict[str, dict[str, Found]] = {}
        try:
            with self._stack:
                for workload, items in suite:
                    found[workload.name] = self._all_out()
                    self._timed(workload, items, found[workload.name])
        except KeyboardInterrupt:
            self.stopped = INTERRUPTED
            for each in [*found.values()][-1].values():
                each.void = each.void or INTERRUPTED
        return [
            self._row(name, workload, each[name])
            for workload, each in found.items()
            for name in self._contenders
        ]

    def rows_of(self, items: Sequence[Any]) -> Iterator[tuple[str, Rows]]:
        """What each contender makes of items beside the race; those that end instead are left out."""
        for name, contender in self._contenders.items():
            if name not in self._out:
                with suppress(Ended), running(contender) as process:
                    yield name, process.rows(list(items))

    def _all_out(self) -> dict[str, Found]:
        return {name: Found(void=self._out.get(name, "")) for name in self._contenders}

    def _timed(self, workload: Workload, items: Sequence[Any], found: Mapping[str, Found]) -> None:
        try:
            with running(self._reference) as process:
                expected = process.rows(items, "each" if workload.alone else "vectors")
        except Ended as ended:
            for each in found.values():
                each.void = each.void or f"cannot be judged: the reference {ended}"
            return
        if workload.kind == "start":
            self._starts(workload, items, expected, found)
            return
        self._parity(workload, items, expected, found)
        self._say(f"{workload.name}: {workload.rounds} rounds")
        begun = time.perf_counter()
        for name in turns(list(found), workload.rounds):
            if not found[name].void:
                self._round(workload, items, name, found[name], begun)
        for name, each in found.items():
            self._last_word(workload, name, each)

    def _round(
        self, workload: Workload, items: Sequence[Any], name: str, found: Found, begun: float
    ) -> None:
        before = self._meter.read()
        try:
            process = self._process(name)
            answer = process.ask(*order(workload, items))
        except Ended as ended:
            found.void = self._out[name] = str(ended)
            return
        if self._meter.packages:
            found.joules.append(self._meter.joules(before))
        if workload.kind == "soak":
            found.resident += [(at, float(size)) for at, size, _ in answer]
            answer = [seconds for *_, seconds in answer]
        elif size := process.resident():
            found.resident.append((time.perf_counter() - begun, float(size)))
        found.rounds.append(tuple(answer) if isinstance(answer, list) else (answer,))

    def _starts(
        self,
        workload: Workload,
        items: Sequence[Any],
        expected: Rows,
        found: Mapping[str, Found],
    ) -> None:
        """From before a process is made until its first result has come back.

        The first round is not counted: it brings everybody's files into the page cache.
        """
        self._say(f"{workload.name}: {workload.rounds} rounds")
        names = [name for name in self._contenders if name not in self._out]
        for name in turns(names, workload.rounds + 1):
            if name in self._out:
                continue
            begun = time.perf_counter()
            try:
                with running(self._contenders[name]) as process:
                    rows = process.rows(items, "each")
                    found[name].rounds.append((time.perf_counter() - begun,))
                    self._judge(workload, name, process, rows, expected, found[name])
            except Ended as ended:
                found[name].void = self._out[name] = str(ended)
        for each in found.values():
            del each.rounds[:1]

    def _parity(
        self,
        workload: Workload,
        items: Sequence[Any],
        expected: Rows,
        found: Mapping[str, Found],
    ) -> None:
        """Differences and reasons not to count, over all items of a workload; it also warms up."""
        self._say(f"{workload.name}: parity and warm-up")
        for name, each in found.items():
            if name in self._out:
                continue
            try:
                process = self._process(name)
                rows = process.rows(items, "each" if workload.alone else "vectors")
                self._judge(workload, name, process, rows, expected, each)
            except Ended as ended:
                each.void = self._out[name] = str(ended)

    def _judge(
        self,
        workload: Workload,
        name: str,
        process: Process,
        rows: Rows,
        expected: Rows,
        found: Found,
    ) -> None:
        """Keeps the worst of what was seen so far, and why figures do not count."""
        report = self._reports[name, workload.name] = process.ask("report")
        asked = self._contenders[name].asked
        void = void_reason(rows, expected, report, asked, self._least_cosine)
        found.gap = max(difference(rows, expected), found.gap or 0.0)
        found.cosine = min(
            lowest_cosine(rows, expected), 1.0 if found.cosine is None else found.cosine
        )
        found.void = found.void or void

    def _last_word(self, workload: Workload, name: str, found: Found) -> None:
        """What it says of itself after its rounds: a fallback that came later is seen too."""
        if name not in self._live or name in self._out:
            return
        with suppress(Ended):
            report = self._reports[name, workload.name] = self._live[name].ask("report")
            found.void = found.void or elsewhere(report, self._contenders[name].asked)

    def _process(self, name: str) -> Process:
        if name not in self._live:
            self._live[name] = self._stack.enter_context(running(self._contenders[name]))
        return self._live[name]

    def _row(self, name: str, workload: str, found: Found) -> Row:
        contender = self._contenders[name]
        return Row(
            name,
            workload,
            contender.ours,
            contender.asked,
            self._reports.get((name, workload), {}),
            tuple(found.rounds),
            gap=found.gap,
            cosine=found.cosine,
            void=found.void or self._out.get(name, "") * (not found.rounds),
            resident=tuple(found.resident),
            joules=tuple(found.joules),
        )


def order(workload: Workload, items: Sequence[Any]) -> tuple[Any, ...]:
    """What a contender is told."""
    more: dict[str, tuple[Any, ...]] = {
        "callers": (workload.callers,),
        "soak": (workload.seconds,),
    }
    return (workload.kind, list(items), *more.get(workload.kind, ()))
