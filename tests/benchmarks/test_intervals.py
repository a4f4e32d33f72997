"""A null run and a planted slowdown, on simulated timings with drift, noise and disturbances."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import RANDOM

from isomorph_bench.records.intervals import Interval, apart, paired

TRIALS, ROUNDS = 200, 9


def minutes():
    """How slow the machine is in each round, for both sides alike."""
    return 1 + 0.1 * np.sin(np.arange(ROUNDS) + RANDOM.uniform(0, 6))


def timed(seconds, machine):
    """Rounds of one contender: noise of one percent, and a disturbance in a round of twenty."""
    noise = 1 + RANDOM.normal(0, 0.01, ROUNDS)
    disturbed = 1 + 0.5 * (RANDOM.uniform(size=ROUNDS) < 0.05)
    return (seconds * machine * noise * disturbed).tolist()


def races(slower=1.0):
    for _ in range(TRIALS):
        machine = minutes()
        yield paired(timed(2.0 * slower, machine), timed(2.0, machine))


def test_the_interval_of_a_null_run_holds_one_and_is_narrow():
    found = list(races())
    assert sum(each.holds(1.0) for each in found) >= 0.9 * TRIALS
    assert np.median([each.width for each in found]) < 0.05


def test_a_slowdown_of_a_tenth_is_found():
    found = list(races(slower=1.1))
    assert sum(each.high < 1.0 for each in found) >= 0.9 * TRIALS
    assert np.median([each.middle for each in found]) == pytest.approx(1 / 1.1, abs=0.01)


def test_pairs_take_the_drift_of_the_machine_away():
    machine = np.linspace(1, 2, ROUNDS)
    ours, theirs = machine.tolist(), (2 * machine).tolist()
    assert paired(ours, theirs) == Interval(2.0, 2.0, 2.0)
    assert apart(ours, theirs).width > 0.5


def test_runs_apart_hold_one_when_nothing_changed():
    flat = np.ones(ROUNDS)
    found = [apart(timed(1.0, flat), timed(1.0, flat)) for _ in range(TRIALS)]
    assert sum(each.holds(1.0) for each in found) >= 0.85 * TRIALS


def test_equal_samples_give_equal_intervals():
    ours, theirs = timed(1.0, minutes()), timed(1.2, minutes())
    assert paired(ours, theirs) == paired(ours, theirs)
    assert str(Interval(0.9, 1.0, 1.1)) == "1.00 [0.90, 1.10]"


def test_what_makes_no_pairs_is_refused():
    with pytest.raises(ValueError, match="2 rounds beside 1"):
        paired([1.0, 2.0], [1.0])
    with pytest.raises(ValueError, match="without rounds"):
        apart([], [1.0])
