"""Answers questions about cases, one line of JSON each, from a process in which engines are imported.

    {"count": 1200, "parts": 30, "part": 7}     the results of one part of a sample
    {"cases": ["..."]}                          the results of these
    {"counted": 1200}                           how many cases of each kind are in a sample

Each batch runs in processes that are forked from this one, so that nothing is imported twice. A
first one finds out what the engines import when they are used; this one then imports the same and
never uses them, since what has threads must not be forked.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hostile import outcomes
from hostile.cases import Case, all_cases, batches, sample
from hostile.doors import door
from hostile.kinds import kinds
from hostile.process import in_processes

_KIND = "Pooling by cls"


def main() -> None:
    """Reads a line with a question, writes a line with the results; ends with its input."""
    answers = os.fdopen(os.dup(1), "w")
    with tempfile.TemporaryDirectory(prefix="hostile-") as name:
        tempfile.tempdir = name
        folder = Path(name)
        found = _looked_at(folder)
        _import(found["modules"])
        everything = [Case.named(name) for name in found["cases"]]
        for line in sys.stdin:
            answer = _answer(json.loads(line), everything, folder)
            print(json.dumps(answer), file=answers, flush=True)


def _answer(question: Mapping[str, Any], everything: list[Case], folder: Path) -> Any:
    if "counted" in question:
        chosen = Counter(case.kind for case in sample(everything, question["counted"]))
        return {kind: chosen[kind] for kind in {case.kind for case in everything}}
    names = question.get("cases")
    if names is None:
        chosen_cases = sample(everything, question["count"])
        part = batches(chosen_cases, question["parts"])[question["part"]]
        names = [str(case) for case in part]
    return list(in_processes(names, outcomes.run, folder))


def _looked_at(folder: Path) -> Mapping[str, list[str]]:
    """The names of all cases, and the modules that are there once every backend has run a model."""

    def run(name: str, place: Path) -> dict[str, list[str]]:
        cases = all_cases(place / name)
        kind = kinds()[_KIND]
        for _, ask in door(kind.door)(outcomes.pristine(_KIND), kind):
            ask()
        return {"cases": list(map(str, cases)), "modules": sorted(sys.modules)}

    (result,) = in_processes(["look"], run, folder)
    found: Mapping[str, list[str]] = result["outcomes"]
    return found


def _import(names: list[str]) -> None:
    for name in names:
        if name not in sys.modules and not name.startswith("__"):
            try:
                importlib.import_module(name)
            except Exception:
                continue  # some exist only while an engine is at work


if __name__ == "__main__":
    main()
