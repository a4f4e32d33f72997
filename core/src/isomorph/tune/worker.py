"""One candidate in a process of its own: requests as lines of JSON on stdin, an answer for each.

    python -m isomorph.tune.worker

The first request names a folder, a backend, a device, a setting and a file of texts. Each later one is a
visit. What an engine prints goes to stderr, so that only answers are on stdout.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from isomorph.contract import Options
from isomorph.errors import IsomorphError
from isomorph.machine.cpu import effective_cpus
from isomorph.plugins.discovery import installed
from isomorph.runtime.job import Job
from isomorph.runtime.pipeline import Pipeline, asked_by
from isomorph.runtime.selection import choose
from isomorph.tune.candidate import Rates, Ready
from isomorph.tune.reading import read
from isomorph.tune.texts import cross_section
from isomorph.tuned.choice import Setting

FIRST = 8
"""Texts that tell how fast a candidate is roughly."""
SINGLE = 15
"""Calls of one text, whose median counts."""
WARM = 3
"""Calls before anything is measured: engines compile, pack matrices and find memory."""


class Loaded:
    """A candidate that is loaded, and its texts."""

    def __init__(self, asked: Mapping[str, Any]) -> None:
        """Reads, plans and loads.

        Raises:
            IsomorphError: the model, the backend or the device cannot be used, or the backend runs a part.
        """
        options = Options()
        model = read(Path(asked["folder"]), asked["class_name"])
        plan = choose(
            model, asked["backend"], asked["device"], strict=True, asked=asked_by(options)
        )
        plan = replace(plan, setting=Setting(**asked["setting"]))
        texts = json.loads(Path(asked["texts"]).read_text("utf-8"))
        self.mix: Sequence[str] = texts["mix"]
        self.short: Sequence[str] = texts["short"]
        self.pipeline = Pipeline(plan, options)
        output = model.graph.outputs[0]
        pairs = output == "scores"
        self._job = Job(output=output, max_length=model.inputs.max_length, pairs=pairs)

    def run(self, texts: Sequence[str]) -> None:
        """One call; a model that scores pairs gets each text beside the next one."""
        inputs: Sequence[Any] = texts
        if self._job.pairs:
            inputs = list(zip(texts, [*texts[1:], texts[0]], strict=True))
        self.pipeline.run(inputs, self._job)

    def ready(self) -> Ready:
        """What the candidate is, once it is warm."""
        few = cross_section(self.mix, FIRST)
        for _ in range(WARM):
            self.run(self.short[:1])
            self.run(few)
        rate = len(few) / timed(partial(self.run, few))
        plan, cpus = self.pipeline.plan, effective_cpus()
        claim, graph = plan.claim, plan.model.graph
        effective = self.pipeline.runner(graph.outputs[0]).effective
        ours = not (claim.batches.tokens or claim.batches.are_fixed or effective.budget)
        on_cpu = claim.device.kind == "cpu"
        return Ready(
            device=str(effective.device),
            engine=effective.engine,
            rate=rate,
            cpus=cpus,
            lanes=claim.lanes,
            has_latency=claim.latency and min(cpus, claim.lanes) > 1 and not graph.ragged,
            has_budget=ours and on_cpu and claim.max_shapes != 0 and not graph.ragged,
        )

    def rates(self, mix: int, short: int) -> Rates:
        """A visit with so many of the texts."""
        many, few = cross_section(self.mix, mix), self.short[:short]
        single = [timed(partial(self.run, [text])) for text in self.short[:SINGLE]]
        return Rates(
            len(many) / timed(partial(self.run, many)),
            len(few) / timed(partial(self.run, few)),
            1 / median(single),
        )


def timed(call: Callable[[], None]) -> float:
    """Seconds of a call."""
    begin = perf_counter()
    call()
    return perf_counter() - begin


def serve(stdin: Any, stdout: Any) -> None:
    """Answers requests until stdin ends."""
    loaded: Loaded | None = None
    for line in stdin:
        asked = json.loads(line)
        try:
            if loaded is None:
                loaded = Loaded(asked)
                said: dict[str, Any] = asdict(loaded.ready())
            else:
                said = asdict(loaded.rates(asked["mix"], asked["short"]))
        except (
            Exception
        ) as cause:  # whatever an engine raises is this candidate's end, not that of all
            known = isinstance(cause, IsomorphError)
            said = {"error": str(cause) if known else f"{type(cause).__name__}: {cause}"}
        stdout.write(json.dumps(said) + "\n")
        stdout.flush()


def main() -> None:
    """Keeps stdout for answers."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    installed()
    serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
