"""Runs real programs twice, with sentence-transformers and with the drop-in, and compares their answers.

    python plugins/dropin/clients/run.py [--python PATH | --together [--index-may-be-away]]
        [--backend NAME] [--page FILE] [--delete] [PROGRAM …]

Each program has an environment of its own below ``.venv-clients``, made from its ``# requires:`` line,
unless ``--python`` names one that holds everything, or ``--together`` makes one for all of them on top of the
environment that runs this. The models are MiniLM, and tiny ones with random weights. A program that imports
sentence-transformers itself also runs with isomorph in that line and no drop-in; not so with ``--together``.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from environments import home_of, python_of, together, version_of

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
PROGRAMS = HERE / "programs"
SOURCES = [ROOT / "core/src", *ROOT.glob("backends/*/src"), ROOT / "plugins/dropin/src"]
LARGEST = 1e-4
"""How far numbers may lie apart: programs print some of them with four digits."""
SECONDS = 600
IMPORT = "from sentence_transformers import"
EQUAL = "equal"
_STAMPS = re.compile(r"\[[-\d: +]+\] ")
"""What a log says of the time and the process, which is another in each run."""
_NOT_RUN = (
    "NOT RUN: pip cannot make the environment of the clients below .venv-clients, and says why above. "
    "Where the package index is out of reach, run `make smoke-clients` again when it is back: what is made "
    "once needs no index."
)


@dataclass(frozen=True)
class Row:
    """What was found of one program.

    Attributes:
        program: its file.
        by_backend: what each backend said on the drop-in, in order: "equal", or what differs.
        by_import: the same for the import line alone; "" where the program has none.
    """

    program: Path
    by_backend: Sequence[str]
    by_import: str = ""

    @property
    def way(self) -> str:
        """What a user of the program changes."""
        if self.by_import == EQUAL:
            return "the import line, or the drop-in"
        if any(said == EQUAL for said in self.by_backend):
            return "the drop-in"
        return "not possible" if any("there," in said for said in self.by_backend) else "not run"


def main() -> int:
    """Runs the programs, prints the table, and writes the page, after each program, where one is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", help="an interpreter that has all clients and the real library")
    parser.add_argument("--together", action="store_true", help="one environment for all programs")
    parser.add_argument(
        "--index-may-be-away",
        action="store_true",
        help="what pip cannot make is told, and no failure",
    )
    parser.add_argument("--backend", action="append", help="once for each; all three by default")
    parser.add_argument("--page", type=Path)
    parser.add_argument("--delete", action="store_true", help="each environment after its program")
    parser.add_argument("programs", nargs="*")
    asked = parser.parse_args()
    asked.backend = asked.backend or ["onnx", "openvino", "torch"]
    named = [PROGRAMS / f"{name}.py" for name in asked.programs]
    wanted = named or sorted(PROGRAMS.glob("*.py"))
    if asked.together:
        try:
            asked.python = together(wanted)
        except subprocess.CalledProcessError:
            print(_NOT_RUN, file=sys.stderr)
            return 0 if asked.index_may_be_away else 1
    rows: list[Row] = []
    with TemporaryDirectory() as scratch:
        for each in wanted:
            rows.append(_row(each, asked, Path(scratch)))
            if asked.page:
                asked.page.write_text(_page(rows, asked.backend), "utf-8")
            if asked.delete and not asked.python:
                shutil.rmtree(home_of(each), ignore_errors=True)
    print(_page(rows, asked.backend))
    return int(any(said != EQUAL for row in rows for said in row.by_backend))


def _row(program: Path, asked: argparse.Namespace, scratch: Path) -> Row:
    """What each backend said of one program, beside what the real library said."""
    try:
        python = asked.python or python_of(program)
    except subprocess.CalledProcessError:
        return Row(program, ["its environment cannot be made"] * len(asked.backend))
    models = scratch / "models"
    if not models.exists():
        subprocess.run([python, HERE / "models.py", models], check=True)
    real, why = _answer([python, program], models)
    if why:
        return Row(program, [f"the real library fails: {why}"] * len(asked.backend))
    said = []
    for backend in asked.backend:
        ours, why = _answer(
            [python, "-m", "isomorph_dropin", "--backend", backend, program], models
        )
        said.append(why or _difference(real, ours) or EQUAL)
        print(program.stem, backend, said[-1], file=sys.stderr, flush=True)
    own = "" if asked.together else _with_import(program, python, real, models)
    return Row(program, said, own)


def _with_import(program: Path, python: Any, real: Any, models: Path) -> str:
    """What the program says with isomorph in its import line; "" where it has no such line."""
    source = program.read_text("utf-8")
    if IMPORT not in source:
        return ""
    changed = models.parent / program.name
    changed.write_text(source.replace(IMPORT, "from isomorph import"), "utf-8")
    ours, why = _answer([python, changed], models)
    said = why or _difference(real, ours) or EQUAL
    print(program.stem, "import line", said, file=sys.stderr, flush=True)
    return said


def _answer(command: Sequence[Any], models: Path) -> tuple[Any, str]:
    """What a program told, and why it told nothing."""
    answer = models.parent / "answer.json"
    answer.unlink(missing_ok=True)
    ways = [*map(str, SOURCES), str(HERE)]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(ways),
        "CLIENTS_MODELS": str(models),
        "CLIENTS_ANSWER": str(answer),
        "HF_HUB_OFFLINE": "1",
    }
    try:
        done = subprocess.run(
            list(map(str, command)), env=environment, capture_output=True, text=True, timeout=SECONDS,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None, f"no answer in {SECONDS} s"
    if done.returncode or not answer.exists():
        said = _STAMPS.sub("", done.stderr)
        lines = [line for line in said.splitlines() if line.strip()]
        return None, f"error: {lines[-1][:150] if lines else done.returncode}"
    return json.loads(answer.read_text("utf-8")), ""


def _difference(one: Any, other: Any) -> str:
    """Where two answers differ first; "" where they do not."""
    for mine, theirs in zip(_flat(one), _flat(other), strict=False):
        numbers = isinstance(mine, float | int) and isinstance(theirs, float | int)
        if mine != theirs and not (numbers and abs(mine - theirs) <= LARGEST):
            return f"{mine!r} there, {theirs!r} here"
    counts = len(list(_flat(one))), len(list(_flat(other)))
    return "" if counts[0] == counts[1] else f"{counts[0]} values there, {counts[1]} here"


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for name in sorted(value):
            yield name
            yield from _flat(value[name])
    elif isinstance(value, list):
        for each in value:
            yield from _flat(each)
    else:
        yield value


def _page(rows: Sequence[Row], backends: Sequence[str]) -> str:
    """The table of what was run."""
    lines = [
        "# Programs of others",
        "",
        "`make test-clients` wrote this page. Each program runs twice, with sentence-transformers 6.2.0 and",
        f"with `python -m isomorph_dropin`; *equal*: all numbers differ by {LARGEST} at most. A program is",
        "in `plugins/dropin/clients/programs`, unchanged as a user would write it. *Import line* is the same",
        "program with `from isomorph import`, without the drop-in; –: it imports no model class itself.",
        "Continuous integration runs five (`make smoke-clients`): environments of all take 5 GB and an hour.",
        "",
        f"| program | version | what it does | {' | '.join(backends)} | import line | what a user changes |",
        f"|---|---|---|{'---|' * len(backends)}---|---|",
    ]
    for row in rows:
        what = row.program.read_text("utf-8").splitlines()[0].strip('".')
        name, _, does = what.partition(": ")
        cells = [
            name,
            version_of(row.program),
            does,
            *row.by_backend,
            row.by_import or "–",
            row.way,
        ]
        lines.append(f"| {' | '.join(each.replace('|', '/') for each in cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
