"""What a record says in words: figures with their units, ratios to peers, reasons."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.benchmarks.simulated import MACHINE, SELF, WORKLOADS, record, row

from isomorph_bench.records.row import Row
from isomorph_bench.report import terminal
from isomorph_bench.report.figures import compare, facts, notes, ratios, table

ONE = Row(
    "one", "one", True, report=SELF, rounds=((0.00456, 0.00456), (0.00456, 0.00987)), gap=1e-7
)
ROWS = (
    row("one", "start", 0.8124, 0.9, 0.7, ours=True, gap=2e-7),
    ONE,
    row("one", "mixed", 4, 5, 3, ours=True, gap=3e-7, spearman=0.82),
    *(Row("two", name, void="ended with 7: no luck") for name in WORKLOADS),
)


def test_the_table_has_a_line_a_contender_and_void_ones_show_no_figure():
    headings, lines = table(record(*ROWS))
    found = [dict(zip(headings, line, strict=True)) for line in lines]
    assert found[0] == {
        "contender": "one", "start (ms)": "812", "one (p50 / p95 / p99 ms)": "4.6 / 9.9 / 9.9",
        "mixed (texts/s)": "25.0", "GFLOP/s": "50", "of sgemm": "50%", "padding": "10.0%",
        "peak MB": "500", "differs by": "3.0e-07", "Spearman": "0.8200",
    }  # fmt: skip
    assert list(found[1].values())[:4] == ["two", "void", "void", "void"]
    assert "cosine" not in headings


def test_weights_in_fewer_bits_show_their_lowest_cosine():
    headings, lines = table(record(replace(ROWS[2], cosine=0.9912, asked={"weights": "int8"})))
    assert dict(zip(headings, lines[0], strict=True))["cosine"] == "0.9912"


def test_notes_hold_versions_and_reasons():
    partly = row("three", "mixed", void="differs")
    assert list(notes(record(*ROWS, partly))) == [
        "one: engine 1 on cpu",
        "two, void in start, one, mixed: ended with 7: no luck",
        "three: engine 1 on cpu",
        "three, void in mixed: differs",
    ]


def test_ours_are_compared_with_the_fastest_peer_that_counts():
    made = record(
        row("a", "mixed", 2, 2, 2, ours=True),
        row("b", "mixed", 1, 1, 1, ours=True),
        row("slow", "mixed", 8, 8, 8),
        row("fast", "mixed", 4, 4, 4),
        row("wrong", "mixed", 0.1, 0.1, 0.1, void="differs"),
    )
    first, second = compare(made, "mixed")
    assert (first.ours, first.best, first.ratios["fast"].middle, first.goal) == (
        "b",
        "fast",
        4,
        1.5,
    )
    assert (second.ours, second.ratios["fast"].middle, second.goal) == ("a", 2.0, 1.35)
    assert ratios(made)[1][0] == ["mixed", "b", "4.00 [4.00, 4.00]", "1.50", "fast", "slow 8.00"]


def test_a_ratio_is_the_median_of_ratios_round_by_round():
    # A slow minute hits both: the ratio of the medians would be 2.5, theirs of each round is 2.
    made = record(row("a", "mixed", 1, 2, 10, ours=True), row("peer", "mixed", 2, 5, 20))
    assert compare(made, "mixed")[0].ratios["peer"].middle == 2.0


def test_of_times_shorter_is_faster():
    made = record(row("a", "start", 1, 1, ours=True), row("peer", "start", 2, 4))
    (found,) = compare(made, "start")
    assert (found.ratios["peer"].middle, found.goal) == (3.0, 2.0)


def test_void_figures_of_ours_are_not_compared_and_no_goal_is_invented():
    slower = [row(name, "mixed", 5 + at, ours=True) for at, name in enumerate("bcd")]
    made = record(row("a", "mixed", 1, ours=True, void="differs"), *slower, row("peer", "mixed", 1))
    assert [(one.ours, one.goal) for one in compare(made, "mixed")] == [
        ("b", 1.5), ("c", 1.35), ("d", None),
    ]  # fmt: skip


def test_without_peers_there_is_nothing_to_compare():
    assert compare(record(row("a", "mixed", 1, ours=True)), "mixed") == []
    absent = Row("peer", "mixed", void="no environment")
    assert compare(record(row("a", "mixed", 1, ours=True), absent), "mixed") == []


def test_one_text_has_the_limits_of_reading_and_of_arithmetic():
    said = "\n".join(facts(record(*ROWS)))
    assert said.count("one at a time") == 1
    assert "2.10 ms to read" in said
    assert "2.50 ms to multiply" in said
    assert "mixed: 100 texts of 70 tokens in the median, 9,000 in all, c" in said


@pytest.mark.parametrize("busy", [False, True])
def test_a_busy_machine_is_said(busy):
    limits = {**MACHINE["limits"], "busy": busy}
    said = "\n".join(facts(record(*ROWS, machine={**MACHINE, "limits": limits})))
    assert ("busy with other work" in said) is busy


def test_a_terminal_shows_all_of_it(capsys):
    terminal.show(record(*ROWS, row("peer", "mixed", 8, 8, 8)))
    said = capsys.readouterr().out
    for word in ("Fast One", "25.0", "peer", "1.50", "ended with 7"):
        assert word in said
