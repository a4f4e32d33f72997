"""What runs where: ``python -m supported.table`` writes docs/support.md from an actual run.

Every tiny model of the conformance kit is claimed and run on every installed backend. A cell says
how many of a row's models run natively to the end, and how far the worst value is from the
reference, in units of the output's scale.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from isomorph.builtin.modules import isomorph_modules
from isomorph.contract import BackendInfo, Model
from isomorph.encoders.describe import families
from isomorph.errors import BackendUnavailable
from isomorph.plugins.discovery import installed
from isomorph.testing.compare import real_tokens
from isomorph.testing.models import catalogue
from isomorph.testing.subject import Case, Subject
from supported.third_parties import section

FILE = Path(__file__).parents[2] / "docs" / "support.md"
HEAD = """# What runs where

Written by `make support` from a run of the conformance kit's tiny models; do not edit. A cell says
how many of the models with this family or module run natively from end to end, and the largest
difference from the numpy reference, in units of the output's scale (of 1 where it is smaller).
Modules that a backend does not claim run in the reference, with the same numbers.
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One model on one backend: the modules claimed and in all, the worst difference, the reason."""

    depth: int
    length: int
    difference: float
    reason: str


@dataclass(frozen=True, slots=True)
class About:
    """What a model stands for: its modules' kinds, its encoder's ``model_type``, its head's task."""

    ops: tuple[str, ...]
    family: str
    head: str


def outcome(subject: Subject, case: Case) -> Outcome:
    """Claims and runs one model."""
    claim = subject.backend.claim(case.model, subject.device)
    worst = 0.0
    if claim.depth:
        session = subject.load(case.model, claim)
        for batch, feeds in case.feeds.items():
            found = session.forward(feeds)
            for output, expected in case.expected(claim.depth, batch).items():
                mine, theirs = (real_tokens(output, a, feeds) for a in (found[output], expected))
                worst = max(worst, _difference(mine, theirs))
        session.close()
    return Outcome(claim.depth, len(case.model.graph), worst, claim.reason)


def _difference(mine: np.ndarray, theirs: np.ndarray) -> float:
    """The largest difference where both are finite; infinite where only one is."""
    finite = np.isfinite(theirs)
    if not np.array_equal(finite, np.isfinite(mine)):
        return float("inf")
    scale = max(1.0, float(np.abs(theirs[finite]).max(initial=0)))
    return float(np.abs(mine[finite] - theirs[finite]).max(initial=0)) / scale


def run(info: BackendInfo, folder: Path) -> tuple[dict[str, Outcome], dict[str, About]]:
    """Every model on one backend.

    Raises:
        BackendError: its engine is missing.
    """
    backend = installed().backend(info.name)
    subject = Subject(info, backend, backend.devices()[0], folder)
    try:
        cases = [subject.case(name) for name in catalogue()]
        outcomes = {case.name: outcome(subject, case) for case in cases}
        abouts = {case.name: _about(case.model) for case in cases}
    finally:
        subject.close()
    return outcomes, abouts


def _about(model: Model) -> About:
    modules = model.graph.modules
    first = modules[0].config
    family = str(first.get("transformer", {}).get("model_type", ""))
    task = str(first.get("task", "feature-extraction"))
    head = "" if task == "feature-extraction" else f"{family}, {task}"
    return About(tuple(module.kind for module in modules), family, head)


def table(
    title: str, rows: Mapping[str, Sequence[str]], runs: Mapping[str, Mapping[str, Outcome]]
) -> Iterator[str]:
    """Markdown: a row for each group of models, a column for each backend."""
    yield f"\n## {title}\n"
    yield "| | " + " | ".join(runs) + " |"
    yield "|---" * (len(runs) + 1) + "|"
    for row, names in rows.items():
        cells = (cell([outcomes[name] for name in names]) for outcomes in runs.values())
        yield f"| {row} | " + " | ".join(cells) + " |"


def cell(outcomes: Sequence[Outcome]) -> str:
    """How many models run to the end, and the worst difference; the reason where none does."""
    if not outcomes:
        return "no model in the kit"
    whole = [outcome for outcome in outcomes if outcome.depth == outcome.length]
    if not any(outcome.depth for outcome in outcomes):
        return f"no: {outcomes[0].reason}".replace("|", "/")
    worst = max(outcome.difference for outcome in outcomes if outcome.depth)
    return f"{len(whole)} of {len(outcomes)}, {worst:.0e}"


def report(runs: Mapping[str, Mapping[str, Outcome]], abouts: Mapping[str, About]) -> str:
    """The whole file."""
    by_family = {
        family: [name for name, about in abouts.items() if about.family == family]
        for family in sorted(families())
    }
    by_head = {
        head: [name for name, about in abouts.items() if about.head == head]
        for head in sorted({about.head for about in abouts.values()} - {""})
    }
    by_module = {
        kind.name: [name for name, about in abouts.items() if kind.name in about.ops]
        for kind in isomorph_modules()
        if kind.classes  # else its class is code in a model's folder
    }
    lines = [
        *table("Encoder families", by_family, runs),
        *table("Heads", by_head, runs),
        *table("Modules", by_module, runs),
    ]
    return HEAD + "\n".join(lines) + "\n" + section()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m supported.table", description=__doc__)
    parser.add_argument("--output", type=Path, default=FILE)
    output: Path = parser.parse_args(arguments).output
    runs: dict[str, dict[str, Outcome]] = {}
    abouts: dict[str, About] = {}
    for info in installed().infos:
        if info.fallback:
            continue  # the reference is what the others are compared with
        with tempfile.TemporaryDirectory() as folder:
            try:
                runs[info.name], abouts = run(info, Path(folder))
            except BackendUnavailable as absent:
                print(f"{info.name} is left out: {absent}")
    output.write_text(report(runs, abouts), "utf-8")
    print(f"{output}: {len(abouts)} models on {', '.join(runs)}")


if __name__ == "__main__":
    main()
