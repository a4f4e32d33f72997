from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from isomorph.schedule.batches import (
    BUDGET,
    ENOUGH,
    FEWEST,
    MAX_ROWS,
    plan_batches,
    plan_ragged,
)

LENGTHS = st.lists(st.integers(0, 3000), max_size=200).map(lambda n: np.array(n, np.int64))
ROWS = st.none() | st.integers(1, 100)


@given(LENGTHS, ROWS)
def test_every_text_is_in_exactly_one_batch(lengths, rows):
    batches = plan_batches(lengths, rows)
    assert sorted(i for batch in batches for i in batch.rows) == list(range(len(lengths)))


@given(LENGTHS, ROWS, st.integers(1, 4096))
def test_no_batch_exceeds_the_budget_but_a_single_row(lengths, rows, budget):
    for batch in plan_batches(lengths, rows, budget):
        assert len(batch.rows) == 1 or len(batch.rows) * batch.width <= budget
        assert len(batch.rows) <= min(rows or MAX_ROWS, MAX_ROWS)


@given(LENGTHS, ROWS, st.integers(1, 4096))
def test_ragged_batches_count_tokens_and_not_rows(lengths, rows, budget):
    batches = plan_ragged(lengths, rows, budget)
    assert sorted(i for batch in batches for i in batch.rows) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch.rows) == 1 or lengths[list(batch.rows)].sum() <= budget
        assert rows is None or len(batch.rows) <= rows


def test_many_short_ragged_texts_are_one_forward():
    assert len(plan_ragged(np.full(1000, 3, np.int64))) == 1


@given(LENGTHS)
def test_a_batch_is_as_wide_as_its_longest_text(lengths):
    for batch in plan_batches(lengths):
        assert batch.width == max(1, *(lengths[i] for i in batch.rows))


@given(LENGTHS)
def test_longest_first_and_equals_in_their_order(lengths):
    order = [i for batch in plan_batches(lengths) for i in batch.rows]
    assert order == sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))


@given(LENGTHS)
def test_a_batch_ends_where_it_is_full_or_the_next_text_is_shorter(lengths):
    batches = plan_batches(lengths)
    for batch, following in pairwise(batches):
        rows = len(batch.rows)
        full = rows == MAX_ROWS or (rows + 1) * batch.width > BUDGET
        shortest = lengths[batch.rows[-1]]
        shorter = lengths[following.rows[0]] < shortest
        assert full or (rows * batch.width >= ENOUGH and shorter)


@given(LENGTHS, st.integers(1, 16))
def test_few_texts_are_spread_over_all_lanes(lengths, lanes):
    total = int(lengths.sum())
    batches = plan_batches(lengths, lanes=lanes)
    if lanes * FEWEST <= total and len(lengths) >= MAX_ROWS * lanes:
        assert len(batches) >= lanes
    for batch in batches:
        padded = len(batch.rows) * batch.width
        most = max(FEWEST, -(-total // lanes)) if lanes > 1 else BUDGET
        assert len(batch.rows) == 1 or padded <= most


def test_two_lanes_share_what_one_forward_could_hold():
    assert [len(batch.rows) for batch in plan_batches(np.full(8, 40, np.int64), lanes=2)] == [4, 4]
    assert [len(batch.rows) for batch in plan_batches(np.full(5, 10, np.int64), lanes=2)] == [5]
