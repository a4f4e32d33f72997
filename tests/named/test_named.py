"""The table of models by name holds: every row on every backend, every test that a row names, the page."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from parity.recorded import BACKENDS, EXPECTED, absent

from isomorph.errors import BackendUnavailable, IsomorphError

from . import running
from .rows import MEASURED, ROWS
from .table import PAGE, head, listed

TESTS = Path(__file__).parents[1]
TOLERANCE = 1e-5
HELD = [row for row in ROWS if row.test or row.real]
REFUSED = [row for row in ROWS if row.refused]


@pytest.fixture(scope="module")
def expected():
    return np.load(running.EXPECTED)


@pytest.mark.parametrize("backend", sorted({*BACKENDS, *EXPECTED}))
@pytest.mark.parametrize("row", MEASURED, ids=lambda row: row.name)
def test_a_row_gives_what_its_witness_gives(row, backend, expected, tmp_path):
    folder = row.write(tmp_path / "model")
    try:
        with running.load(row, folder, backend) as model:
            found = running.answer(row, model)
            native = running.whole(model, backend)
    except BackendUnavailable as reason:
        absent(backend, str(reason))
        raise
    assert running.difference(found, expected[row.name]) < TOLERANCE
    assert native, model.explain()


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.name)
def test_a_row_that_is_not_done_is_refused_by_name(row, tmp_path):
    folder = row.write(tmp_path / "model")
    with pytest.raises(IsomorphError, match=row.refused):
        running.load(row, folder, "reference").encode("a")


@pytest.mark.parametrize("row", HELD, ids=lambda row: row.name)
def test_the_tests_that_a_row_names_are_there(row):
    for named in filter(None, (row.test, row.real)):
        file, _, name = named.partition("::")
        assert f"def {name}(" in (TESTS / file).read_text("utf-8")


def test_each_row_is_judged_in_one_way_and_named_once():
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names)
    for row in ROWS:
        assert bool(row.recipe) != bool(row.test), row.name
    assert {row.name for row in MEASURED} == set(np.load(running.EXPECTED))


def test_the_page_lists_every_row():
    page = PAGE.read_text("utf-8")
    assert page.startswith(head())
    for row in ROWS:
        assert f"| {listed(row)} |" in page, "run: make support"
