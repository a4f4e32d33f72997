import pytest

from isomorph_bench.race.results import Entry, Timing, compare, percentile, round_ratio
from isomorph_bench.workloads.scenarios import SUITE, Scenario, quick

BULK = Scenario("mixed", "pass", 3, "mixed", 100, (1.5, 1.35))
CALLS = Scenario("one text", "calls", 2, "short", 3, (0.75,))


def passes(*seconds, void=""):
    return Timing(tuple((value,) for value in seconds), 1e-7, void)


def entry(name, timing, *, ours=False, scenario="mixed"):
    return Entry(name, ours, {}, {scenario: timing})


def test_a_timing_holds_medians_of_rounds_and_percentiles_of_calls():
    timing = Timing(((0.001, 0.002, 0.9), (0.003, 0.004, 0.005), (0.001, 0.001, 0.001)))
    assert timing.by_round == [0.002, 0.004, 0.001]
    assert timing.middle == 0.002
    assert timing.percentile(50) == 0.002
    assert timing.percentile(99) == 0.9


def test_a_ratio_is_the_median_of_ratios_round_by_round():
    # A slow minute hits both: the ratio of the medians would be 2.5, theirs of each round is 2.
    ours, theirs = passes(1.0, 2.0, 10.0), passes(2.0, 5.0, 20.0)
    assert round_ratio(ours, theirs, higher_is_better=True) == 2.0
    assert round_ratio(ours, theirs, higher_is_better=False) == 0.5


def test_ours_are_compared_with_the_fastest_peer_that_counts():
    entries = [
        entry("a", passes(2.0, 2.0, 2.0), ours=True),
        entry("b", passes(1.0, 1.0, 1.0), ours=True),
        entry("slow", passes(8.0, 8.0, 8.0)),
        entry("fast", passes(4.0, 4.0, 4.0)),
        entry("wrong", passes(0.1, 0.1, 0.1, void="differs")),
    ]
    first, second = compare(entries, BULK)
    assert (first.ours, first.best, first.ratio, first.goal) == ("b", "fast", 4.0, 1.5)
    assert (second.ours, second.ratio, second.goal) == ("a", 2.0, 1.35)
    assert dict(first.ratios) == {"fast": 4.0, "slow": 8.0}


def test_of_times_less_is_better():
    ours = entry("a", Timing(((1.0, 1.0), (1.0, 1.0))), ours=True, scenario="one text")
    peer = entry("peer", Timing(((2.0, 2.0), (4.0, 4.0))), scenario="one text")
    (found,) = compare([ours, peer], CALLS)
    assert found.ratio == pytest.approx((0.5 + 0.25) / 2)
    assert found.goal == 0.75


def test_void_figures_of_ours_are_not_compared_and_no_goal_is_invented():
    void = entry("a", passes(1.0, void="differs"), ours=True)
    slower = [entry(name, passes(5.0 + index), ours=True) for index, name in enumerate("bcd")]
    found = compare([void, *slower, entry("peer", passes(1.0))], BULK)
    assert [(one.ours, one.goal) for one in found] == [("b", 1.5), ("c", 1.35), ("d", None)]


def test_without_peers_there_is_nothing_to_compare():
    assert compare([entry("a", passes(1.0), ours=True)], BULK) == []
    absent = Entry("peer", False, {}, {"mixed": Timing(void="no environment")})
    assert compare([entry("a", passes(1.0), ours=True), absent], BULK) == []


def test_percentiles_are_values_that_occurred():
    values = list(range(100, 0, -1))
    assert percentile(values, 50) == 50
    assert percentile(values, 99) == 99
    assert percentile([7], 99) == 7
    assert percentile([7], 0) == 7


@pytest.mark.parametrize("scenario", SUITE, ids=lambda one: one.name)
def test_the_texts_of_a_scenario_are_distinct_and_the_same_every_time(scenario):
    texts = scenario.texts()
    assert len(set(texts)) == scenario.count
    assert texts == scenario.texts()


def test_the_quick_suite_is_smaller():
    assert sum(one.rounds * one.count for one in quick()) < sum(one.count for one in SUITE)
    assert [one.name for one in quick()] == [one.name for one in SUITE]
