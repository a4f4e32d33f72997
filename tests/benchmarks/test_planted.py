"""What is planted in one contender comes out of a real race, its record and its tables; nothing else does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.benchmarks.simulated import MACHINE

from isomorph_bench.race.contenders import Contender
from isomorph_bench.race.race import Race
from isomorph_bench.records.changes import changes
from isomorph_bench.records.intervals import paired
from isomorph_bench.records.kept import append
from isomorph_bench.records.lines import read
from isomorph_bench.records.run import Record, Run
from isomorph_bench.report.figures import notes, table
from isomorph_bench.workloads.facts import fingerprint
from isomorph_bench.workloads.workload import Workload

TOY = (sys.executable, str(Path(__file__).parent / "toy_engine.py"))
SUITE = [
    (one, [f"text {number}" for number in range(one.count)])
    for one in (Workload("one", "calls", 5, "short", 20), Workload("mixed", "pass", 5, "mixed", 50))
]


@pytest.fixture(autouse=True)
def _found_by_children(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2] / "benchmarks" / "src"))


def toy(name, seed, *, ours=False, asked=None, **arguments):
    return Contender(name, TOY, {"seed": seed, **arguments}, ours, asked=asked or {})


def raced(file, *contenders):
    """The record of a race of these, as a file gives it back."""
    rows = Race(contenders, toy("reference", 0), lambda line: None).run(SUITE)
    about = {
        one.name: {
            "kind": one.kind, "items": one.count, "unit": "texts", "median": 2, "tokens": 100,
            "fingerprint": fingerprint(items),
        }
        for one, items in SUITE
    }  # fmt: skip
    run = Run({"model": "toy"}, {"name": "toy"}, MACHINE, {}, about)
    append(file, Record(run, tuple(rows)))
    return read(file)[-1]


def ratios(record, ours, theirs):
    by_name = {(row.contender, row.workload): row for row in record.rows}
    for workload, _ in SUITE:
        yield paired(*(by_name[name, workload.name].by_round for name in (ours, theirs)))


def test_one_against_itself_is_as_fast_and_one_that_is_slower_by_a_tenth_is_found(tmp_path):
    record = raced(tmp_path / "race", toy("a", 1), toy("same", 2), toy("slower", 3, pace=1.1))
    for null in ratios(record, "a", "same"):
        assert null.holds(1.0)
        assert null.width < 0.05
    for planted in ratios(record, "a", "slower"):
        assert planted.low > 1.05
        assert planted.holds(1.1)


def test_a_run_again_is_as_before_and_a_slower_one_is_not(tmp_path):
    first = raced(tmp_path / "race", toy("a", 1), toy("b", 2))
    again = raced(tmp_path / "race", toy("a", 3), toy("b", 4, pace=1.1))
    found = {(each.contender, each.what) for each in changes([first], [again])}
    assert found == {("a", "as before"), ("b", "slower")}


def test_a_planted_wrong_vector_and_a_planted_fallback_void_their_rows_alone(tmp_path):
    record = raced(
        tmp_path / "race",
        toy("right", 1, device="cuda", asked={"device": "cuda"}),
        toy("wrong", 2, device="cuda", wrong=0.5),
        toy("fallen", 3, device="cpu", asked={"device": "cuda"}),
    )
    counting = {row.contender for row in record.rows if row.counts}
    assert counting == {"right"}
    reasons = {row.contender: row.void for row in record.rows if row.void}
    assert reasons["wrong"].startswith("differs from the reference by")
    assert reasons["fallen"] == "ran on cpu in place of cuda"
    _, lines = table(record)
    assert {line[0]: line[1] for line in lines}["fallen"] == "void"
    assert any("in place of cuda" in line for line in notes(record))
