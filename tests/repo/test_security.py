"""Every promise of SECURITY.md names a test that holds it, and that test exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "SECURITY.md").read_text("utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and "held by" not in line]
HOLDS = re.compile(r"`((?:plugins/\w+/)?tests/[\w/]+\.py)::(test_\w+)`")


def test_there_are_promises_about_each_sort_of_stranger():
    for stranger in ("model folder", "archive", "Hub", "artifact", "second process"):
        heading = f"## What {'an' if stranger[0] in 'a' else 'a'} {stranger} may do to you"
        assert f"\n{heading}\n" in PAGE
    assert "## What is not promised" in PAGE


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip()[:60])
def test_a_promise_names_tests_that_exist(row):
    found = HOLDS.findall(row)
    assert found, row
    for file, name in found:
        path = ROOT / file
        assert path.is_file(), f"SECURITY.md names {file}, which is not there"
        defined = {
            node.name
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.FunctionDef)
        }
        assert name in defined, f"SECURITY.md names {name}, which is not in {file}"
