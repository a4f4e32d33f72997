"""Fetches the tests that published archives of sentence-transformers hold."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

RELEASES = ("5.3.0", "5.0.0")
"""Releases whose archives of sources hold tests, the newer first. From 5.4 on they hold none of inference."""
NEIGHBOUR = """import functools, tempfile
SafeTemporaryDirectory = functools.partial(tempfile.TemporaryDirectory, ignore_cleanup_errors=True)
is_ci = lambda: True
"""
"""A module that tests of the archives import, and that no archive holds."""

RENAMED = {'kwargs["sentences"]': 'kwargs["inputs"]'}
"""What a test says of calls inside the library, and what the present library calls it: 256 tests of two
functions look at the keyword of such a call, which has been renamed since."""


def fetched(home: Path) -> Path:
    """A folder ``tests`` with every file of tests of the releases; of two with one name the newer.

    Raises:
        subprocess.CalledProcessError: pip cannot fetch an archive.
    """
    tests = home / "tests"
    tests.mkdir()
    (tests / "__init__.py").touch()
    for release in RELEASES:
        for file in _of(release, home / release).glob("test_*.py"):
            if not (tests / file.name).exists():
                text = file.read_text("utf-8")
                for old, new in RENAMED.items():
                    text = text.replace(old, new)
                (tests / file.name).write_text(text, "utf-8")
    (tests / "utils.py").write_text(NEIGHBOUR, "utf-8")
    return tests


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
