from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from isomorph.schedule.fixed import fixed_rows, fixed_width, plan_alone, plan_fixed

LENGTHS = st.lists(st.integers(0, 600), max_size=60).map(lambda n: np.array(n, np.int64))


@given(LENGTHS, st.none() | st.just(600))
def test_the_shape_depends_on_the_text_alone(lengths, longest):
    batches = plan_fixed(lengths, lengths, longest)
    assert sorted(i for batch in batches for i in batch.rows) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch.rows) + batch.blank == fixed_rows(batch.width)
        for index in batch.rows:
            assert batch.width == fixed_width(int(lengths[index]), longest) >= lengths[index]


@given(LENGTHS)
def test_only_the_last_batch_of_a_kind_has_blank_rows(lengths):
    filled = [
        (batch.width, int(lengths[batch.rows[0]]) == batch.width)
        for batch in plan_fixed(lengths, lengths, None)
        if batch.blank
    ]
    assert len(filled) == len(set(filled))


@given(st.lists(st.sampled_from([15, 16, 64, 65, 128]), max_size=60), st.data())
def test_what_fills_its_width_is_never_beside_what_a_mask_hides(lengths, data):
    hidden = data.draw(st.lists(st.integers(0, 1), min_size=len(lengths), max_size=len(lengths)))
    lengths = np.array(lengths, np.int64)
    attended = lengths - np.array(hidden, np.int64)
    for batch in plan_fixed(lengths, attended, None):
        assert len({bool(attended[index] == batch.width) for index in batch.rows}) == 1


@given(st.integers(0, 512))
def test_no_more_positions_than_the_model_has(length):
    assert length <= fixed_width(length, 512) <= 512


def test_few_widths():
    assert len({fixed_width(length, None) for length in range(513)}) < 12


@given(LENGTHS)
def test_alone(lengths):
    batches = plan_alone(lengths)
    assert [batch.rows for batch in batches] == [(i,) for i in range(len(lengths))]
    assert [batch.width for batch in batches] == [max(1, n) for n in lengths.tolist()]
