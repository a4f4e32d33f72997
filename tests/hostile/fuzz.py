"""A fuzzer for the readers: seeded, in processes with limits, with the shortest input of a finding.

    python -m hostile.fuzz TARGET [--seconds 60] [--seed 0] [--rounds 0]

A change is drawn from target, seed and number alone, so a finding is made again by
``--seed SEED --first NUMBER --rounds 1``. Whatever a reader raises that is no IsomorphError is a
finding, and so is a process that the limits end.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hostile import outcomes
from hostile.mutate import shrunk
from hostile.process import in_processes
from hostile.targets import NAMES, Target, target

AT_ONCE = 100
TRIES = 150
"""Inputs that are tried to shorten one finding."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What went wrong with the input of a number, and the shortest content that does the same."""

    target: str
    seed: int
    number: int
    kind: str
    file: str
    fault: str
    content: bytes

    def __str__(self) -> str:
        shown = self.content if len(self.content) <= 400 else self.content[:400] + b" ..."
        return (
            f"{self.target}: seed {self.seed}, number {self.number}: {self.kind}, {self.file}: "
            f"{self.fault}\n    {len(self.content)} bytes: {shown!r}"
        )


@dataclass(frozen=True, slots=True)
class Fuzzer:
    """One target with a seed, at work in a folder."""

    target: Target
    seed: int
    folder: Path

    def findings(self, numbers: Sequence[int]) -> Iterator[Finding]:
        """The findings among the inputs of these numbers, the first of each fault."""
        known: set[str] = set()
        for result in in_processes(list(map(str, numbers)), self._run, self.folder):
            fault = _fault(result["outcomes"])
            if fault and fault not in known:
                known.add(fault)
                yield self._shortest(int(result["case"]), fault)

    def drawn(self, number: int) -> tuple[str, str, bytes, bytes]:
        """Kind, file, the content before and after the change of a number."""
        random_ = random.Random(f"{self.target.name} {self.seed} {number}")
        kind = random_.choice(self.target.kinds)
        while not (files := self.target.files(kind, outcomes.pristine(kind))):
            kind = random_.choice(self.target.kinds)
        file = random_.choice(files)
        content = (outcomes.pristine(kind) / file).read_bytes()
        return kind, file, content, self.target.change(content, random_)

    def _run(self, name: str, place: Path) -> Mapping[str, Any]:
        kind, file, _, content = self.drawn(int(name))
        return {"reader": self._asked(kind, file, content, place)}

    def _asked(self, kind: str, file: str, content: bytes, place: Path) -> Mapping[str, Any]:
        folder = place / "model"
        shutil.copytree(outcomes.pristine(kind), folder, symlinks=True)
        (folder / file).unlink()
        (folder / file).write_bytes(content)
        return outcomes.raised(lambda: self.target.ask(kind, folder)) or {}

    def _shortest(self, number: int, fault: str) -> Finding:
        """The finding with a content that is as short as some tries can make it."""
        kind, file, original, content = self._drawn_apart(number)

        def fails(candidate: bytes) -> bool:
            def run(name: str, place: Path) -> Mapping[str, Any]:
                del name
                return {"reader": self._asked(kind, file, candidate, place)}

            (result,) = in_processes(["0"], run, self.folder)
            return _fault(result["outcomes"]) == fault

        tries = 4 if fault.startswith("ended") else TRIES
        short = shrunk(content, original, fails, tries)
        return Finding(self.target.name, self.seed, number, kind, file, fault, short)

    def _drawn_apart(self, number: int) -> tuple[str, str, bytes, bytes]:
        """As `drawn`, in a process of its own: writing a kind may use an engine."""

        def run(name: str, place: Path) -> Mapping[str, Any]:
            del name, place
            kind, file, *contents = self.drawn(number)
            return {"drawn": [kind, file, *(c.decode("latin-1") for c in contents)]}

        (result,) = in_processes(["0"], run, self.folder)
        kind, file, *contents = result["outcomes"]["drawn"]
        original, content = (text.encode("latin-1") for text in contents)
        return kind, file, original, content


def _fault(told: Mapping[str, Any]) -> str:
    """What is wrong in a few words that do not depend on the input, or ''."""
    (outcome,) = told.values()
    if "ended" in outcome:
        return f"ended by {outcome['ended']}"
    if "error" in outcome and not outcome["meant"]:
        return f"{outcome['error']} at {outcome['where']}"
    return ""


def main() -> None:
    """Fuzzes one target, and prints what it found; exits with 1 if that is anything."""
    parser = argparse.ArgumentParser(prog="hostile.fuzz")
    parser.add_argument("target", choices=[*NAMES, "all"])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=0, help="so many inputs, whatever they take")
    given = parser.parse_args()
    names = NAMES if given.target == "all" else (given.target,)
    found = [finding for name in names for finding in _fuzzed(target(name), given)]
    sys.exit(1 if found else 0)


def _fuzzed(chosen: Target, given: argparse.Namespace) -> list[Finding]:
    found: dict[str, Finding] = {}
    begun, number = time.monotonic(), given.first
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        fuzzer = Fuzzer(chosen, given.seed, Path(name))
        tempfile.tempdir = name
        last = given.first + given.rounds if given.rounds else None
        if not chosen.kinds:
            last = number  # no installed backend saves an artifact
        while number != last and (last or time.monotonic() - begun < given.seconds):
            end = min(number + AT_ONCE, last or number + AT_ONCE)
            for finding in fuzzer.findings(range(number, end)):
                if finding.fault not in found:
                    found[finding.fault] = finding
                    print(finding, flush=True)
            number = end
        tempfile.tempdir = None
    count = number - given.first
    print(f"{chosen.name}: seed {given.seed}, {count} inputs, {len(found)} findings", flush=True)
    return list(found.values())


if __name__ == "__main__":
    main()
