"""What grows stands beside the line that it should follow: a contender's best, or so many CPUs times one."""

from __future__ import annotations

import pytest
from tests.benchmarks.simulated import record, row

from isomorph_bench.records.row import Row
from isomorph_bench.report.charts import charts
from isomorph_bench.report.growth import along, tables, with_cpus


def about(axis, at, **more):
    return {
        "kind": "pass", "items": 8, "unit": "texts", "fingerprint": "f", "axis": axis, "at": at,
        "tokens": 8 * at, "median": at, **more,
    }  # fmt: skip


def test_lengths_follow_the_operations_that_they_need():
    workloads = {
        "short": about("length", 10, flops=80.0),
        "long": about("length", 100, flops=1600.0),
    }
    made = record(row("one", "short", 2.0), row("one", "long", 10.0), workloads=workloads)
    short, long = along(made, "length")["one"]
    assert (short.at, short.rate, short.line) == (10, 4.0, pytest.approx(16.0))
    assert (long.at, long.share) == (100, pytest.approx(1.0))
    ((headings, lines),) = tables(made)
    assert headings == ["tokens of a text (texts/s)", "one"]
    assert lines == [["10", "4 (25%)"], ["100", "0.8 (100%)"]]
    assert "the line of one" in "".join(charts(made))


def test_where_no_operations_are_counted_tokens_stand_for_them():
    workloads = {f"batch {at}": about("batch", at, items=at, tokens=12 * at) for at in (1, 64)}
    made = record(row("one", "batch 1", 1.0), row("one", "batch 64", 1.0), workloads=workloads)
    assert [each.share for each in along(made, "batch")["one"]] == [
        pytest.approx(1 / 64), pytest.approx(1.0),
    ]  # fmt: skip


def test_cpus_follow_so_many_times_the_rate_of_one():
    held = [
        Row(f"one on {n} CPUs", "mixed", rounds=((seconds,),), asked={"cpus": str(n)})
        for n, seconds in ((1, 10.0), (2, 6.25))
    ]
    made = record(*held, row("free", "mixed", 5.0))
    one, two = with_cpus(made, "mixed")["one"]
    assert (one.share, two.share) == (pytest.approx(1.0), pytest.approx(0.8))
    assert list(with_cpus(made, "mixed")) == ["one"]
    ((headings, lines),) = tables(made)
    assert headings[0] == "CPUs (mixed, texts/s)"
    assert lines[1] == ["2", "16 (80%)"]
