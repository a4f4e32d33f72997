"""tests/README.md leads from every room of core to tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core" / "src" / "isomorph"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "tests" / "README.md").read_text("utf-8").splitlines()
    if line.startswith("| ")
][1:]
"""What was changed, what to run, how long that takes."""


def quoted(cell):
    return re.findall("`([^`]+)`", cell)


def test_every_room_of_core_has_a_row():
    rooms = {file.parent.name for file in CORE.glob("*/__init__.py")}
    assert rooms <= {name for changed, _, _ in ROWS for name in quoted(changed)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_names_what_there_is(row):
    changed, run, seconds = row
    for name in quoted(changed):
        assert (CORE / name).is_dir() or (ROOT / name).is_dir(), name
    paths = [name for name in quoted(run) if not name.startswith("make ")]
    assert paths
    assert all((ROOT / path).exists() for path in paths), paths
    assert seconds


def test_a_room_is_sent_to_its_own_tests():
    for changed, run, _ in ROWS:
        for room in quoted(changed):
            own = f"tests/core/{room}"
            assert own in quoted(run) or not (ROOT / own).is_dir(), own


def test_the_map_is_small():
    assert 10 <= len(ROWS) <= 25
