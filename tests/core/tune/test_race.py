"""Who wins a race on recorded timings, and who is left out when."""

from __future__ import annotations

import pytest
from drawn import RANDOM

from isomorph.errors import BackendUnavailable
from isomorph.tune.candidate import Rates
from isomorph.tune.race import MOST_ROUNDS, is_behind, race, still_racing, turned
from isomorph.tune.stages import of_mix, of_one
from isomorph.tuned.choice import PLAIN

from .conftest import VISIT, Recorded, candidate

FIELD = [candidate(name) for name in "abcd"]
NOISE = 0.015
"""Of a single visit: what a passage of a third of a second has on a machine with little else to do."""


def table(*rates):
    return {(each.backend, PLAIN): rate for each, rate in zip(FIELD, rates, strict=False)}


def held(meter, until=1e9, of=of_mix, count=4):
    meter.open(FIELD[:count])
    return race(FIELD[:count], meter, until, of)


def test_candidates_take_turns():
    assert ["".join(turned("ABC", number)) for number in range(4)] == ["ABC", "CAB", "BCA", "ABC"]


def test_the_fastest_wins_and_who_is_far_behind_is_visited_once():
    meter = Recorded(table(100.0, 40.0, 95.0, 69.0))
    heat = held(meter)
    assert heat.best == FIELD[0]
    assert [len(heat.visits[each]) for each in FIELD] == [3, 1, 3, 2]


def test_equal_candidates_race_to_the_end_and_the_first_is_taken():
    meter = Recorded(table(100.0, 100.2, 100.1))
    heat = held(meter, count=3)
    assert heat.best == FIELD[0]
    assert [len(heat.visits[each]) for each in FIELD[:3]] == [MOST_ROUNDS] * 3


def test_a_race_ends_when_its_time_is_up():
    meter = Recorded(table(100.0, 99.9))
    heat = held(meter, until=2 * 0.5 + 2 * VISIT * 3.5, count=2)
    assert len(heat.visits[FIELD[0]]) == 3
    late = Recorded(table(100.0, 99.9))
    assert len(held(late, until=0.0, count=2).visits[FIELD[1]]) == 1, "everyone is measured once"


def test_who_comes_later_has_to_be_faster_beyond_noise():
    short_of_time = held(Recorded(table(100.0, 104.0)), until=0.0, count=2)
    assert short_of_time.best == FIELD[0]
    assert short_of_time.left == tuple(FIELD[:2])
    assert held(Recorded(table(100.0, 104.0)), count=2).best == FIELD[1]


def test_what_is_compared_decides():
    rates = table(Rates(100.0, 1.0, 200.0), Rates(90.0, 9.0, 900.0))
    assert held(Recorded(rates), count=2).best == FIELD[0]
    assert held(Recorded(rates), of=of_one, count=2).best == FIELD[1]


def test_who_fails_is_out_with_the_reason():
    meter = Recorded(table(100.0, 120.0))
    meter.open(FIELD[:2])
    meter.broken["b"] = "the engine fell over"
    heat = race(FIELD[:2], meter, 1e9, of_mix)
    assert heat.best == FIELD[0]
    assert heat.failed == {FIELD[1]: "the engine fell over"}
    meter.broken["a"] = "so did this one"
    with pytest.raises(BackendUnavailable, match="so did this one; the engine fell over"):
        race(FIELD[:2], meter, 1e9, of_mix)


def test_the_choice_is_never_more_than_three_per_cent_slower_than_the_best():
    """Of many fields of four whose rates lie close together, under drift and noise of every visit."""
    worst = 1.0
    for _ in range(400):
        rates = RANDOM.uniform(90, 110, len(FIELD))
        meter = Recorded(table(*map(float, rates)), noise=NOISE)
        best = held(meter).best
        worst = min(worst, meter.true(best).mix / max(rates))
    assert worst >= 0.97


def test_a_best_that_is_ten_per_cent_ahead_is_never_left_out():
    """Even with three times the noise, and little time."""
    for _ in range(400):
        rates = [float(rate) for rate in RANDOM.uniform(50, 100, len(FIELD))]
        place = int(RANDOM.integers(len(FIELD)))
        rates[place] = 1.1 * max(rates)
        meter = Recorded(table(*rates), noise=3 * NOISE)
        assert held(meter).best == FIELD[place]


def test_a_slowdown_of_the_whole_machine_is_nobodys_fault():
    ratios = [1.0, 0.5, 2.0, 0.7, 1.3]
    visits = {
        FIELD[0]: [Rates(100 * each, 1, 1) for each in ratios],
        FIELD[1]: [Rates(90 * each, 1, 1) for each in ratios],
    }
    assert still_racing(FIELD[:2], visits, of_mix) == [FIELD[0]]


@pytest.mark.parametrize(
    ("ratios", "behind"),
    [
        ([0.55], False),
        ([0.45], True),
        ([0.5, 0.9], False),
        ([0.65, 0.69], True),
        ([0.99, 0.99, 0.99], False),
        ([0.95, 0.95, 0.95], True),
        ([0.8, 1.1, 0.8, 1.1], False),
        ([0.985] * 20, True),
    ],
)
def test_behind_is_what_noise_does_not_explain(ratios, behind):
    assert is_behind(ratios) == behind
