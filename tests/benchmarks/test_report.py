import json
from dataclasses import replace

import pytest
from rich.console import Console

from isomorph_bench.machine.limits import Machine
from isomorph_bench.race.results import Comparison, Entry, Timing
from isomorph_bench.report import terminal
from isomorph_bench.workloads.scenarios import Scenario

MACHINE = Machine("Fast One", 2, 100.0, 95.0, 12.5, 20.0, "3.11", "System")
SUITE = (
    Scenario("start", "start", 3, "short", 1),
    Scenario("one text", "calls", 2, "short", 2),
    Scenario("mixed", "pass", 3, "mixed", 100),
)
TIMINGS = {
    "start": Timing(((0.8124,), (0.9,), (0.7,)), 2e-7),
    "one text": Timing(((0.00456, 0.00456), (0.00456, 0.00987)), 1e-7),
    "mixed": Timing(((4.0,), (5.0,), (3.0,)), 3e-7),
}
SELF = {"engine": "engine 1", "device": "cpu", "native": 3, "modules": 3, "peak": 5e8}
ROW = Entry("one", True, SELF, TIMINGS)
VOID = Entry("two", False, {}, dict.fromkeys(TIMINGS, Timing(void="ended with 7: no luck")))
COMPARISON = Comparison("mixed", "one", "peer", {"peer": 1.625, "other": 3.0}, 1.5)


def text_of(table):
    console = Console(width=240)
    with console.capture() as captured:
        console.print(table)
    return captured.get()


def test_rate_and_share_of_the_limit():
    assert terminal.arithmetic(ROW, SUITE, MACHINE, 2e9) == (50.0, 0.5)
    assert terminal.arithmetic(ROW, SUITE, MACHINE, None) == (None, None)
    assert terminal.arithmetic(VOID, SUITE, MACHINE, 2e9) == (None, None)
    assert terminal.arithmetic(ROW, SUITE[:2], MACHINE, 2e9) == (None, None)


def test_an_accelerator_has_no_share_of_the_processors_limit():
    row = replace(ROW, report={**SELF, "device": "gpu:0"})
    assert terminal.arithmetic(row, SUITE, MACHINE, 2e9) == (50.0, None)


def test_every_scenario_has_its_unit():
    cells = [terminal.cell(TIMINGS[scenario.name], scenario) for scenario in SUITE]
    assert cells == ["812", "4.6 / 9.9", "25.0"]
    headings = [terminal.heading(scenario) for scenario in SUITE]
    assert headings == ["start (ms)", "one text (p50 / p99 ms)", "mixed (texts/s)"]


def test_the_table_has_a_line_a_contender_and_void_ones_show_no_figure():
    said = text_of(terminal.figures([ROW, VOID], SUITE, MACHINE, 2e9))
    first = next(line for line in said.splitlines() if "one " in line and "812" in line)
    assert first.split() == "one 812 4.6 / 9.9 25.0 50 50% 500 3.0e-07".split()
    second = next(line for line in said.splitlines() if " two" in line)
    assert second.split() == ["two", "void", "void", "void"]


def test_notes_hold_versions_and_reasons():
    partly = replace(ROW, timings={**TIMINGS, "mixed": Timing((), 0.3, "differs")})
    assert terminal.notes([ROW, VOID, partly]) == [
        "one: engine 1 on cpu",
        "two, void in start, one text, mixed: ended with 7: no luck",
        "one: engine 1 on cpu",
        "one, void in mixed: differs",
    ]


def test_ratios_name_the_best_peer_and_the_others():
    said = text_of(terminal.ratios([COMPARISON]))
    row = next(line for line in said.splitlines() if "mixed" in line)
    assert row.split() == "mixed one 1.62 1.50 peer other 3.00".split()


@pytest.mark.parametrize(("lowest", "busy"), [(95.0, False), (60.0, True)])
def test_a_busy_machine_is_said(lowest, busy):
    said = terminal.facts(replace(MACHINE, sgemm_lowest=lowest), {"mixed": {"count": 3}})
    assert ("busy" in said) is busy
    assert "texts of 'mixed': count 3" in said


def test_one_text_has_the_limits_of_reading_and_of_arithmetic():
    about = {"count": 3, "GFLOP a text": 0.25, "MB of weights": 42.0}
    said = terminal.facts(MACHINE, {"one text": about, "mixed": about}, ["one text"])
    assert said.count("one at a time") == 1
    assert "2.10 ms to read" in said
    assert "2.50 ms to multiply" in said


def test_json_lines_hold_everything_to_measure_again():
    context = {"model": "m", "texts": {"mixed": {"count": 3}}}
    said = terminal.json_lines([ROW, VOID], SUITE, [COMPARISON], MACHINE, context, 2e9)
    first, second = [json.loads(line) for line in said.splitlines()]
    assert first["of_sgemm"] == 0.5
    assert first["timings"]["mixed"]["rounds"] == [[4.0], [5.0], [3.0]]
    assert first["compared"][0]["ratio"] == 1.625
    assert first["machine"]["cpu"] == "Fast One"
    assert first["texts"] == {"mixed": {"count": 3}}
    assert [scenario["name"] for scenario in first["suite"]] == ["start", "one text", "mixed"]
    assert second["timings"]["start"]["void"] == "ended with 7: no luck"
    assert second["compared"] == []
