"""Runs tests of sentence-transformers' own repository on the drop-in, and counts what passes.

    python plugins/dropin/clients/suite.py [FOLDER] [--backend NAME] [PYTEST ARGUMENT …]

FOLDER is the ``tests`` of a checkout. Without one pip fetches the sources of the release whose archive holds
most tests; those of later releases hold fewer, and from 5.4 on none. They lack the fixtures, which
`fixtures` brings, with a tiny model of random weights under the name that the tests ask the Hub for.
Tests of training and of published models are left out.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from collections import Counter, defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree

HERE = Path(__file__).resolve().parent
SOURCES = "sentence-transformers==5.0.0"
NEIGHBOUR = """import functools, tempfile
SafeTemporaryDirectory = functools.partial(tempfile.TemporaryDirectory, ignore_cleanup_errors=True)
is_ci = lambda: True
"""
"""A module that tests of the archive import, and that the archive lacks."""
LEFT_OUT = (
    *("losses", "samplers", "test_trainer.py", "test_data_collator.py", "test_train_stsb.py"),
    *("test_cmnrl.py", "test_training_args.py", "test_pretrained*.py", "test_image_embeddings.py"),
)
CLASSES = {
    "training": re.compile(r"use the real library|Trainer|losses"),
    "a live module of torch": re.compile(r"auto_model|torch\.nn|nn\.Module|runs a graph"),
    "a private name": re.compile(r"has no attribute '_|cannot import name '_|does not have it"),
    "needs a network": re.compile(r"HubUnavailable|HF_HUB_OFFLINE|ConnectError|LocalEntryNotFound"),
    "a deliberate difference": re.compile(r"AmbiguousHead|Random (weights|vectors)|InputError"),
}
"""What a failure is about, by its message; the first that fits."""


def main(arguments: list[str]) -> int:
    """Runs the tests and prints a table: passed, all, and what the failures are about."""
    named = [] if not arguments or arguments[0].startswith("-") else arguments[:1]
    more, backend = arguments[len(named) :], []
    if named and not Path(named[0]).is_dir():
        raise SystemExit(__doc__)
    if more[:1] == ["--backend"]:
        backend, more = more[:2], more[2:]
    with TemporaryDirectory() as scratch:
        report, tests = Path(scratch) / "report.xml", (named or [None])[0]
        if tests is None:
            tests, more = _fetched(Path(scratch)), ["-p", "fixtures", *more]
        left_out = [f"--ignore-glob={Path(tests).resolve()}/*{name}" for name in LEFT_OUT]
        own = [
            "-q",
            "--continue-on-collection-errors",
            "-p",
            "no:cacheprovider",
            f"--junitxml={report}",
            *left_out,
            *more,
        ]
        command = [
            sys.executable,
            "-m",
            "isomorph_dropin",
            *backend,
            "-m",
            "pytest",
            Path(tests).resolve(),
            *own,
        ]
        own_code = [str(HERE.parent / "src"), str(HERE), os.environ.get("PYTHONPATH", "")]
        ways = os.pathsep.join(filter(None, own_code))
        environment = {**os.environ, "PYTHONPATH": ways, "HF_HUB_CACHE": str(Path(scratch) / "hub")}
        where = Path(tests).resolve().parent  # tests import their neighbours as a package
        subprocess.run(list(map(str, command)), env=environment, cwd=where, check=False)
        if not report.exists():
            return 1
        print(_table(report))
    return 0


def _fetched(scratch: Path) -> Path:
    """The tests of the archive of sources.

    Raises:
        subprocess.CalledProcessError: pip cannot fetch it.
    """
    command = ["-m", "pip", "download", "-qq", "--no-deps", "--no-binary", ":all:", "-d", scratch]
    subprocess.run([sys.executable, *map(str, command), SOURCES], check=True)
    (archive,) = scratch.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(scratch, filter="data")
    tests = scratch / archive.name.removesuffix(".tar.gz") / "tests"
    (tests / "utils.py").write_text(NEIGHBOUR, "utf-8")
    return tests


def _table(report: Path) -> str:
    """The counts of a report by file."""
    passed: Counter[str] = Counter()
    everything: Counter[str] = Counter()
    failed: dict[str, Counter[str]] = defaultdict(Counter)
    for case in ElementTree.parse(report).iter("testcase"):  # pytest wrote it just now
        file = case.get("classname", "").partition(".Test")[0]
        wrong = [each for each in case if each.tag in ("failure", "error")]
        if any(each.tag == "skipped" for each in case):
            continue
        everything[file] += 1
        passed[file] += not wrong
        for each in wrong[:1]:
            failed[file][_class_of(f"{each.get('message', '')}\n{each.text or ''}")] += 1
    names = [*CLASSES, "something else"]
    lines = [f"| file | passed | of | {' | '.join(names)} |", f"|---|---|---|{'---|' * len(names)}"]
    for file, count in sorted(everything.items()):
        counts = " | ".join(str(failed[file][name]) for name in names)
        lines.append(f"| {file} | {passed[file]} | {count} | {counts} |")
    lines.append(f"| all | {passed.total()} | {everything.total()} |{' |' * len(names)}")
    return "\n".join(lines)


def _class_of(message: str) -> str:
    return next(
        (name for name, words in CLASSES.items() if words.search(message)), "something else"
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
