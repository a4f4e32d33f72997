"""Runs tests of sentence-transformers' own repository with that library and on the drop-in, and counts.

    python plugins/dropin/clients/suite.py [FOLDER] [--backend NAME] [--page FILE] [--reports FOLDER]

FOLDER is the ``tests`` of a checkout. Without one `archives` fetches those that published archives hold, and
`their_fixtures` brings the fixtures that these lack. The models are tiny, under the names that the tests ask
the Hub for (`tiny_hub`), and there is no network. Counted are the tests that pass with the real library in
the same environment. Tests of training and of published models' values are left out.
"""

# requires: pytest==9.2.0 hypothesis datasets==5.2.0 peft==0.21.2 pillow

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree

from archives import fetched
from environments import python_of
from failures import page_of
from run import SOURCES

HERE = Path(__file__).resolve().parent
REAL = "sentence-transformers"
BACKENDS = ("onnx", "openvino", "torch")
SECONDS = 1800
"""For one file of tests: those of processes start hundreds."""
LEFT_OUT = (
    *(
        "losses",
        "samplers",
        "hard_negatives",
        "trainer",
        "data_collator",
        "train_stsb",
        "training_args",
    ),
    *("cmnrl", "pretrained", "image_embeddings", "test_backends", "custom_models", "merging"),
)
"""Parts of the paths of tests that are about training, and about models that nothing here brings."""
Outcomes = Mapping[str, str | None]
"""Of each test by name what its failure said; None for a test that passed."""


def main() -> int:
    """Runs the tests, prints the tables, and writes the page where one is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tests", nargs="?", type=Path)
    parser.add_argument("--backend", action="append", help="once for each; all three by default")
    parser.add_argument("--page", type=Path)
    parser.add_argument("--python", type=Path, help="an interpreter that has what the tests need")
    parser.add_argument("--reports", type=Path, help="a folder; what it holds is not run again")
    parser.add_argument("--only", nargs="*", default=(), help="parts of the paths of files to run")
    asked = parser.parse_args()
    python = asked.python or python_of(Path(__file__))
    sides = (REAL, *(asked.backend or BACKENDS))
    with TemporaryDirectory() as scratch:
        home = Path(scratch)
        reports = asked.reports or home / "reports"
        reports.mkdir(parents=True, exist_ok=True)
        subprocess.run([python, HERE / "tiny_hub.py", home / "hub"], check=True)
        tests = asked.tests or fetched(home)
        files = dict(_files(tests.resolve(), asked.only))
        left = [name for name, _ in _files(tests.resolve(), ()) if name not in files]
        os.environ["HF_HUB_CACHE"] = str(home / "hub")
        found = {side: _run(side, python, files, reports.resolve()) for side in sides}
    page = page_of(files, found, left)
    print(page)
    if asked.page:
        asked.page.write_text(page, "utf-8")
    return 0


def _files(tests: Path, only: Sequence[str]) -> Iterator[tuple[str, Path]]:
    for file in sorted(tests.rglob("test_*.py")):
        path = file.relative_to(tests).as_posix()
        if any(each in path for each in LEFT_OUT):
            continue
        if not only or any(each in path for each in only):
            yield path, file


def _run(
    side: str, python: Path, files: Mapping[str, Path], reports: Path
) -> Mapping[str, Outcomes]:
    """The outcomes of each file on one side, by its path below the folder of tests."""
    found = {}
    for path, file in files.items():
        report = reports / f"{side}-{path.removesuffix('.py').replace('/', '-')}.xml"
        found[path] = _outcomes(side, python, file, report)
        passed = sum(said is None for said in found[path].values())
        print(side, path, passed, len(found[path]), file=sys.stderr, flush=True)
    return found


def _outcomes(side: str, python: Path, file: Path, report: Path) -> Outcomes:
    if report.exists():
        return dict(_read(report))
    dropin = [] if side == REAL else ["-m", "isomorph_dropin", "--backend", side]
    fixtures = [] if (file.parent / "conftest.py").exists() else ["-p", "their_fixtures"]
    command: list[Any] = [
        python,
        *dropin,
        "-m",
        "pytest",
        file,
        *fixtures,
        "-q",
        "-p",
        "no:cacheprovider",
    ]
    ways = [*map(str, SOURCES), str(HERE)]
    own = {"PYTHONPATH": os.pathsep.join(ways), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    environment = {**os.environ, **own}  # the models are tiny: threads would wait for each other
    root = next(each for each in file.parents if each.name == "tests").parent
    try:
        subprocess.run(
            [*map(str, command), f"--junitxml={report}"], env=environment, cwd=root, check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {}
    return dict(_read(report)) if report.exists() else {}


def _read(report: Path) -> Iterator[tuple[str, str | None]]:
    """The tests of a report that were run, without those that were skipped."""
    for case in ElementTree.parse(report).iter("testcase"):  # pytest wrote it just now
        kind = case.get("classname", "").partition(".Test")[2]
        name = f"Test{kind}::{case.get('name')}" if kind else str(case.get("name"))
        wrong = [each for each in case if each.tag in ("failure", "error")]
        if any(each.tag == "skipped" for each in case):
            continue
        yield name, f"{wrong[0].get('message', '')}\n{wrong[0].text or ''}" if wrong else None


if __name__ == "__main__":
    raise SystemExit(main())
