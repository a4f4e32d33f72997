import json
from dataclasses import replace

import pytest
from rich.console import Console

from benchmarks import report
from benchmarks.machine import Machine
from benchmarks.measure import Row

MACHINE = Machine("Fast One", 2, 100.0, 95.0, 12.5, "3.11", "System")
ROW = Row("one", "engine 1", "cpu", 3, 3, 812.4, 4.56, 9.87, 25.0, 3e-7)


def test_rate_and_share_of_the_limit():
    assert report.arithmetic(ROW, MACHINE, 2e9) == (50.0, 0.5)
    assert report.arithmetic(ROW, MACHINE, None) == (None, None)


def test_an_accelerator_has_no_share_of_the_processors_limit():
    assert report.arithmetic(replace(ROW, device="gpu:0"), MACHINE, 2e9) == (50.0, None)


def test_a_row_in_words():
    found = report.cells(ROW, MACHINE, 2e9)
    assert found == (
        "one", "engine 1", "cpu", "3/3", "812", "4.6 / 9.9", "25.0", "50", "50%", "3.0e-07", "",
    )  # fmt: skip


def test_a_void_row_shows_no_speed():
    found = report.cells(replace(ROW, void="differs"), MACHINE, 2e9)
    assert found[4:9] == ("", "", "", "", "")
    assert found[-1] == "differs"


def test_the_table_has_a_line_a_contender():
    console = Console(width=200)
    with console.capture() as captured:
        console.print(report.table([ROW, replace(ROW, backend="two", void="x")], MACHINE, 2e9))
    assert "one" in captured.get()
    assert "two" in captured.get()


@pytest.mark.parametrize(("lowest", "busy"), [(95.0, False), (60.0, True)])
def test_a_busy_machine_is_said(lowest, busy):
    said = report.facts(replace(MACHINE, sgemm_lowest=lowest), {"count": 3})
    assert ("busy" in said) is busy
    assert "count 3" in said


def test_json_lines_hold_everything_to_measure_again():
    said = report.json_lines([ROW, ROW], MACHINE, {"count": 3}, 2e9, {"model": "m"})
    records = [json.loads(line) for line in said.splitlines()]
    assert len(records) == 2
    assert records[0]["of_sgemm"] == 0.5
    assert records[0]["model"] == "m"
    assert records[0]["machine"]["cpu"] == "Fast One"
    assert records[0]["texts"] == {"count": 3}
