from __future__ import annotations

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isomorph.schedule.lanes import IN_FLIGHT, run_lanes


@settings(deadline=None)
@given(st.lists(st.integers(), max_size=30), st.integers(0, 5))
def test_nothing_is_lost_whatever_the_order(items, lanes):
    pairs = list(run_lanes(lambda item: item * 2, items, lanes))
    assert sorted(item for item, _ in pairs) == sorted(items)
    assert all(result == item * 2 for item, result in pairs)


def test_a_fast_item_does_not_wait_for_a_slow_one():
    slow = threading.Event()

    def work(item):
        if item == 0:
            assert slow.wait(120)
        return item

    results = run_lanes(work, [0, 1, 2, 3, 4, 5], 2)
    first, _ = next(results)
    slow.set()
    assert first != 0
    assert sorted([first, *(item for item, _ in results)]) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("lanes", [1, 3])
def test_an_error_comes_as_it_is(lanes):
    def work(item):
        if item == 2:
            raise KeyError("broken")
        return item

    with pytest.raises(KeyError, match="broken"):
        list(run_lanes(work, range(6), lanes))


def test_after_an_error_no_further_work_begins():
    begun, failed = [], threading.Event()

    def work(item):
        begun.append(item)
        if item == 0:
            failed.set()
            raise ValueError("stop")
        assert failed.wait(120)
        time.sleep(0.5)

    with pytest.raises(ValueError, match="stop"):
        list(run_lanes(work, list(range(100)), 2))
    assert len(begun) <= 2 * IN_FLIGHT + 2


def test_never_more_at_once_than_lanes():
    running, most, lock = 0, 0, threading.Lock()

    def work(_):
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.005)
        with lock:
            running -= 1

    list(run_lanes(work, list(range(20)), 3))
    assert most <= 3


def test_a_caller_who_stops_early_is_not_held_up():
    results = run_lanes(lambda item: item, list(range(50)), 2)
    next(results)
    results.close()
