"""The tests of core lie where the source lies, so that a reader of one finds the other."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "core" / "src" / "isomorph"
TESTS = ROOT / "tests" / "core"

OTHERWISE_NAMED = {
    "test_import.py": "of the package itself, which no single file answers for",
    "test_familiar_functions.py": "of util.py, a name that only a public face may have",
}


@pytest.mark.parametrize(
    "room", sorted({file.parent.relative_to(TESTS) for file in TESTS.rglob("test_*.py")}), ids=str
)
def test_a_folder_of_tests_has_the_name_of_a_room(room: Path):
    assert (SOURCE / room / "__init__.py").is_file(), f"core has no room {room}"


def test_loose_tests_belong_to_loose_files():
    loose = {file.name for file in TESTS.glob("test_*.py")} - OTHERWISE_NAMED.keys()
    assert loose <= {f"test_{file.name}" for file in SOURCE.glob("*.py")}
