"""Candidates in processes of their own: an engine's pool of threads is one a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from time import perf_counter
from typing import Any

from isomorph.tune.candidate import Candidate, Rates, Ready
from isomorph.tune.texts import SHORT, short_texts
from isomorph.tuned.look_up import VARIABLE

VISIT = 0.3
"""Seconds that the fastest candidate takes for the texts of a visit."""
SHORT_VISIT = 0.1
"""Seconds that it takes for the short ones, if these are four times as fast."""
FEWEST = 16
"""Texts of a visit at least."""
PATIENCE = 300.0
"""Seconds after which a process that says nothing has failed."""


class Process:
    """One process that holds one candidate."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "isomorph.tune.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, VARIABLE: "0"},
            encoding="utf-8",
        )
        self.send(request)

    def send(self, request: Mapping[str, Any]) -> None:
        """Asks something; a process that has ended is noticed by whoever waits for the answer."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
        except OSError:
            return

    def answer(self) -> dict[str, Any] | str:
        """What it says, or why it says nothing."""
        assert self._process.stdout is not None
        timer = Timer(PATIENCE, self._process.kill)
        timer.daemon = True  # an interrupt between these lines must not be waited out
        timer.start()
        try:
            line = self._process.stdout.readline()
        finally:
            timer.cancel()
        if not line:
            return f"its process ended with exit code {self._process.wait()}"
        said: dict[str, Any] = json.loads(line)
        return str(said["error"]) if "error" in said else said

    def end(self) -> None:
        """Ends it, whatever it does."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            try:
                stream.close()
            except OSError:  # what was not sent any more
                continue


class Processes:
    """The `Meter` of this machine; every candidate gets the same texts."""

    def __init__(self, class_name: str, device: str | None, texts: Path, count: int) -> None:
        """`texts` is a JSON file of ``mix`` and ``short`` texts, of which `count` are a mix."""
        self._asked = {"class_name": class_name, "device": device, "texts": str(texts)}
        self._count = count
        self._open: dict[Candidate, Process] = {}
        self._visit: dict[str, int] | None = None
        self._begin = perf_counter()

    def open(self, candidates: Sequence[Candidate]) -> Mapping[Candidate, Ready | str]:
        """Starts their processes at once, and waits until all are warm."""
        for each in candidates:
            own = {
                "folder": str(each.folder),
                "backend": each.backend,
                "setting": asdict(each.setting),
            }
            self._open[each] = Process({**self._asked, **own})
        found: dict[Candidate, Ready | str] = {}
        for each in candidates:
            said = self._open[each].answer()
            found[each] = said if isinstance(said, str) else Ready(**said)
            if isinstance(said, str):
                self.close(each)
        self._settle([said.rate for said in found.values() if isinstance(said, Ready)])
        return found

    def rates(self, candidate: Candidate) -> Rates | str:
        """One visit."""
        process = self._open[candidate]
        process.send(self._visit or {})
        said = process.answer()
        return said if isinstance(said, str) else Rates(**said)

    def close(self, candidate: Candidate) -> None:
        """Ends its process."""
        self._open.pop(candidate).end()

    def now(self) -> float:
        """Seconds since this object was made."""
        return perf_counter() - self._begin

    def end(self) -> None:
        """Ends all processes that are left."""
        for each in list(self._open):
            self.close(each)

    def _settle(self, rates: Sequence[float]) -> None:
        """How many texts a visit has, once for all: by the fastest of those that were loaded first."""
        if self._visit is None and rates:
            most = max(rates)
            mix = min(max(FEWEST, int(most * VISIT)), self._count)
            short = min(max(FEWEST, int(most * 4 * SHORT_VISIT)), SHORT)
            self._visit = {"mix": mix, "short": short}


@contextmanager
def processes(class_name: str, device: str | None, mix: Sequence[str]) -> Iterator[Processes]:
    """A meter whose processes end with the block."""
    with TemporaryDirectory(prefix="isomorph-tune-") as place:
        texts = Path(place, "texts.json")
        texts.write_text(json.dumps({"mix": list(mix), "short": short_texts()}), "utf-8")
        meter = Processes(class_name, device, texts, len(mix))
        try:
            yield meter
        finally:
            meter.end()
