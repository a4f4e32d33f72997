from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from isomorph.schedule.distinct import Distinct


def distinct_of(inputs):
    return Distinct.of(inputs, lambda items: items)


INPUTS = st.lists(st.sampled_from("abcdefgh"), max_size=30)


@given(INPUTS)
def test_every_input_gets_the_result_of_its_equal(inputs):
    distinct = distinct_of(inputs)
    assert len(set(distinct.items)) == len(distinct.items)
    assert distinct.spread([item.upper() for item in distinct.items]) == [
        each.upper() for each in inputs
    ]


@given(INPUTS)
def test_what_is_true_of_an_item_is_true_of_all_its_inputs(inputs):
    distinct = distinct_of(inputs)
    chosen = [index for index, item in enumerate(distinct.items) if item in "abc"]
    expected = tuple(index for index, each in enumerate(inputs) if each in "abc")
    assert distinct.inputs_of(chosen) == expected
    assert list(distinct.counts()) == [inputs.count(item) for item in distinct.items]


def test_pairs_are_compared_in_their_order():
    distinct = distinct_of([("a", "b"), ("b", "a"), ("a", "b")])
    assert distinct.items == [("a", "b"), ("b", "a")]


def test_no_two_results_share_memory():
    rows = distinct_of(["a", "b", "a", "a"]).spread([np.zeros(3), np.ones(3)])
    rows[0][:] = 7
    assert [row[0] for row in rows] == [7, 1, 0, 0]


def test_without_repetitions_nothing_is_copied():
    inputs, results = ["a", "b"], [np.zeros(3), np.ones(3)]
    assert distinct_of(inputs).items is inputs
    assert distinct_of(inputs).spread(results) is results


def test_inputs_of_equal_keys_are_one_item_though_they_cannot_be_compared():
    arrays = [np.zeros(2), np.ones(2), np.zeros(2)]
    distinct = Distinct.of(arrays, lambda items: [each.tobytes() for each in items])
    assert [item is array for item, array in zip(distinct.items, arrays, strict=False)] == [
        True
    ] * 2
    assert distinct.spread(["zero", "one"]) == ["zero", "one", "zero"]
