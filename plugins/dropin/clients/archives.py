"""Fetches the tests that published archives of sentence-transformers hold."""

from __future__ import annotations

import ast
import subprocess
import sys
import tarfile
from collections.abc import Sequence, Set
from pathlib import Path

RELEASES = ("5.3.0", "5.0.0", "3.4.1", "3.0.1", "2.7.0")
"""Releases whose archives of sources hold tests, the newer first. From 5.4 on they hold none of inference,
before 2.3 none at all, and those between these hold no test that none of these has."""
NEIGHBOUR = """import functools, tempfile
SafeTemporaryDirectory = functools.partial(tempfile.TemporaryDirectory, ignore_cleanup_errors=True)
is_ci = lambda: True
"""
"""A module that tests of the archives import, and that no archive holds."""

RENAMED = {'kwargs["sentences"]': 'kwargs["inputs"]'}
"""What a test says of calls inside the library, and what the present library calls it: 256 tests of two
functions look at the keyword of such a call, which has been renamed since."""


def fetched(home: Path) -> Path:
    """A folder ``tests`` with every test of the releases; of two with one name the newer.

    Raises:
        subprocess.CalledProcessError: pip cannot fetch an archive.
    """
    tests = home / "tests"
    tests.mkdir()
    (tests / "__init__.py").touch()
    met: dict[str, set[str]] = {}
    for release in RELEASES:
        for file in sorted(_of(release, home / release).glob("test_*.py")):
            text = file.read_text("utf-8")
            for old, new in RENAMED.items():
                text = text.replace(old, new)
            known = met.setdefault(file.name, set())
            own = {test.name for test in _functions(text)} - known
            if own:
                later = f"_of_{release.replace('.', '_')}" if known else ""
                name = f"{file.stem}{later}.py"
                (tests / name).write_text(_without(text, known), "utf-8")
                known |= own
    (tests / "utils.py").write_text(NEIGHBOUR, "utf-8")
    return tests


def _functions(text: str) -> Sequence[ast.FunctionDef]:
    """The tests of a file that stand in no class."""
    body = ast.parse(text).body
    return [each for each in body if isinstance(each, ast.FunctionDef) and each.name[:5] == "test_"]


def _without(text: str, names: Set[str]) -> str:
    """A file of tests without those of these names, which a newer release has."""
    lines = text.splitlines(keepends=True)
    for test in reversed(_functions(text)):
        if test.name in names:
            first = min([test.lineno, *(each.lineno for each in test.decorator_list)])
            del lines[first - 1 : test.end_lineno]
    return "".join(lines)


def _of(release: str, home: Path) -> Path:
    wanted = f"sentence-transformers=={release}"
    command = [
        "-m",
        "pip",
        "download",
        "-qq",
        "--no-deps",
        "--no-binary",
        ":all:",
        "-d",
        home,
        wanted,
    ]
    subprocess.run([sys.executable, *map(str, command)], check=True)
    (archive,) = home.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(home, filter="data")
    return home / archive.name.removesuffix(".tar.gz") / "tests"
