"""Large forwards: every text once, longest first, within the budget."""

import numpy as np

from isomorph.schedule.large import plan_large


def test_batches_keep_to_the_budget_and_hold_every_text_once():
    lengths = np.array([3, 90, 12, 12, 7, 0, 150, 3])
    batches = plan_large(lengths, budget=100)
    assert [batch.rows for batch in batches] == [(6,), (1,), (2, 3, 4, 0, 7, 5)]
    assert [batch.width for batch in batches] == [150, 90, 12]
    assert plan_large(np.array([], np.int64), budget=100) == []


def test_few_texts_are_spread_over_the_lanes():
    lengths = np.full(8, 50)
    assert len(plan_large(lengths, budget=1000)) == 1
    assert [len(batch.rows) for batch in plan_large(lengths, 1000, lanes=2)] == [4, 4]


def test_rows_have_the_users_bound_alone():
    lengths = np.ones(1000, np.int64)
    assert [len(batch.rows) for batch in plan_large(lengths, budget=5000)] == [1000]
    assert [len(batch.rows) for batch in plan_large(lengths, 5000, max_rows=400)] == [400, 400, 200]
