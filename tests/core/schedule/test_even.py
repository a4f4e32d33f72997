"""Few forwards end together, and are shared where there is too little for all lanes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isomorph.schedule.batches import BUDGET, MAX_ROWS, plan_batches
from isomorph.schedule.even import READING, makespan, plan_even, sharing_is_faster, sizes

LENGTHS = st.lists(st.integers(0, 800), max_size=150).map(lambda n: np.array(n, np.int64))
ROWS = st.none() | st.integers(1, 100)
LANES = st.integers(1, 9)


def lengths_of(*runs):
    """Lengths from pairs of a length and how often it comes."""
    return np.concatenate([np.full(times, length, np.int64) for length, times in runs])


@given(LENGTHS, ROWS, LANES)
def test_every_text_is_in_exactly_one_forward_that_is_not_too_large(lengths, rows, lanes):
    plan = plan_even(lengths, rows, lanes=lanes)
    assert sorted(i for batch in plan for i in batch.rows) == list(range(len(lengths)))
    for batch in plan:
        assert len(batch.rows) == 1 or len(batch.rows) * batch.width <= BUDGET
        assert len(batch.rows) <= min(rows or MAX_ROWS, MAX_ROWS)
        assert batch.width == max(1, *lengths[list(batch.rows)].tolist())


@given(LENGTHS, ROWS, LANES)
def test_no_plan_ends_later_than_the_plain_one(lengths, rows, lanes):
    plain, even = (cut(lengths, rows, lanes=lanes) for cut in (plan_batches, plan_even))
    assert makespan(sizes(even), lanes) <= makespan(sizes(plain), lanes)


def test_an_odd_forward_is_spread_over_both_lanes():
    lengths = lengths_of((16, 5), (13, 7), (9, 4))
    plain, even = (cut(lengths, lanes=2) for cut in (plan_batches, plan_even))
    assert sizes(plain) == [112, 91] or len(plain) == 3
    assert len(even) == 2
    assert makespan(sizes(even), 2) < makespan(sizes(plain), 2)


def test_texts_are_not_padded_to_the_longest_only_to_be_even():
    assert sizes(plan_even(np.array([256, 168, 58]), lanes=2)) == [256, 168, 58]


def test_a_free_lane_takes_the_next_forward():
    assert makespan([100, 40, 40, 10], 2) == 100 + 10 + 2 * READING
    assert makespan([], 3) == 0


@pytest.mark.parametrize(
    ("lengths", "shared"),
    [
        (np.array([12]), True),
        (np.array([16, 12, 10]), True),
        (lengths_of((500, 1), (20, 4)), True),
        (lengths_of((16, 16)), False),
        (lengths_of((250, 2)), False),
        (lengths_of((60, 40)), False),
    ],
)
def test_threads_share_a_forward_where_lanes_would_be_idle(lengths, shared):
    assert sharing_is_faster(lengths, lanes=2, threads=2) is shared


def test_many_threads_do_not_share_what_keeps_as_many_lanes_busy():
    assert not sharing_is_faster(np.full(16, 400), lanes=16, threads=16)
    assert sharing_is_faster(np.full(16, 10), lanes=16, threads=16)
