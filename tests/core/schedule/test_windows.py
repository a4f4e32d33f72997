from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.core.machine.crews import none_is_left

from isomorph.preprocess.encoded import Encoded
from isomorph.preprocess.text import A_TEXT, Text
from isomorph.schedule.windows import INPUTS, ahead, places
from isomorph.schedule.windows import windows as windows_of

TEXT = st.text("ab", max_size=12)


class Costly:
    """Texts of which a window holds no more than this cost."""

    cost = staticmethod(Text().cost)

    def __init__(self, window):
        self.window = window


def windows(items, prepare, whole=False):
    return windows_of(items, places(items, Text()), prepare, whole)


@given(st.lists(TEXT | st.tuples(TEXT, TEXT), max_size=30), st.integers(1, 8), st.integers(1, 200))
def test_windows_cover_the_inputs_in_their_order_and_are_bounded(inputs, most, cost):
    found = places(inputs, Costly(cost), most)
    assert [each for place in found for each in inputs[place]] == inputs
    for place in found:
        window = inputs[place]
        assert 1 <= len(window) <= most
        assert len(window) == 1 or sum(map(Text().cost, window)) <= cost


@given(st.lists(TEXT, max_size=30), st.integers(1, 8), st.integers(1, 200))
def test_no_window_could_have_taken_the_next_input(inputs, most, cost):
    for place in places(inputs, Costly(cost), most)[:-1]:
        window = inputs[place.start : place.stop + 1]
        assert len(window) > most or sum(len(each) + A_TEXT for each in window) > cost


def encoder(texts, first):
    """Token ids of texts of nothing but length, and the threads that asked for them."""
    threads.append(threading.current_thread())
    lengths = np.array([len(text) for text in texts], np.int64)
    return Encoded(tuple(np.zeros(n, np.int64) for n in lengths), lengths, lengths + 1)


threads: list[threading.Thread] = []


@pytest.fixture(autouse=True)
def _no_threads_yet():
    threads.clear()


def test_a_small_call_is_tokenised_by_its_caller():
    (window,) = windows(["a", "bc"], encoder)
    assert window.prepared.lengths.tolist() == [1, 2]
    assert threads == [threading.current_thread()]


def test_a_long_call_is_tokenised_on_another_thread():
    found = list(windows(["a"] * (2 * INPUTS + 1), encoder))
    assert [window.start for window in found] == [0, INPUTS, 2 * INPUTS]
    assert found[2].cut == [2 * INPUTS]
    assert len(threads) == 3
    assert threading.current_thread() not in threads


def test_the_whole_of_a_call_before_its_first_window():
    made = windows(["a"] * (2 * INPUTS), encoder, whole=True)
    assert len(threads) == 2
    assert [window.start for window in made] == [0, INPUTS]


def test_no_inputs_are_no_windows():
    assert list(windows([], encoder)) == []


def test_one_item_is_made_ahead_and_no_more():
    made, second = [], threading.Event()

    def items():
        for number in range(5):
            made.append(number)
            if number == 1:
                second.set()
            yield number

    coming = ahead(items())
    assert next(coming) == 0
    assert second.wait(120)
    assert made == [0, 1]
    assert list(coming) == [1, 2, 3, 4]


def test_an_error_comes_where_its_item_would():
    def items():
        yield 1
        raise KeyError("broken")

    coming = ahead(items())
    assert next(coming) == 1
    with pytest.raises(KeyError, match="broken"):
        next(coming)


def test_whoever_stops_early_leaves_no_thread_behind():
    coming = ahead(iter(range(10)))
    next(coming)
    coming.close()
    assert none_is_left()
