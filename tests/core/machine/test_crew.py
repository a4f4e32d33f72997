"""Threads that work for one call: bounded, ended with it, and without a lock that an interrupt could keep."""

from __future__ import annotations

import subprocess
import sys
import threading
from threading import Event
from time import monotonic, sleep

import pytest
from tests.core.machine.crews import SECONDS, none_is_left

from isomorph.machine import crew as crews
from isomorph.machine.crew import Crew


def test_results_come_with_their_items():
    with Crew(lambda item: item * item, 3) as crew:
        for item in range(10):
            crew.give(item)
        assert sorted(crew.take() for _ in range(10)) == [(n, n * n) for n in range(10)]
        assert crew.waiting == 0
    assert none_is_left()


def test_threads_are_started_as_they_are_needed_and_no_more_than_allowed(monkeypatch):
    start, started = crews.start_new_thread, []
    monkeypatch.setattr(crews, "start_new_thread", lambda *given: started.append(start(*given)))
    with Crew(str, 2) as crew:
        assert not started
        for given in (1, 2, 3):
            crew.give(given)
            assert len(started) == min(given, 2)


def test_a_caller_enters_no_lock_of_the_standard_library_written_in_python():
    """An interrupt inside one is kept, or becomes an error about a lock."""
    entered = []

    def note(frame, event, argument):
        if event == "call" and frame.f_code.co_filename == threading.__file__:
            entered.append(frame.f_code.co_qualname)

    sys.setprofile(note)
    try:
        with Crew(str, 2) as crew:
            for item in range(5):
                crew.give(item)
            crew.take()
    finally:
        sys.setprofile(None)
    assert not entered
    assert none_is_left()


def test_an_error_is_raised_where_its_result_would_come():
    with Crew(int, 1) as crew:
        crew.give("1")
        crew.give("no number")
        assert crew.take() == ("1", 1)
        with pytest.raises(ValueError, match="no number"):
            crew.take()


def test_its_end_waits_for_what_has_begun_and_drops_the_rest():
    begun, done = Event(), []

    def work(item):
        begun.set()
        end = monotonic() + SECONDS
        while crew._orders.qsize() != 1 and monotonic() < end:
            sleep(0.001)  # the end takes two items out and puts one word in
        done.append(item)

    with Crew(work, 1) as crew:
        for item in ("first", "second", "third"):
            crew.give(item)
        assert begun.wait(SECONDS)
    assert done == ["first"]
    assert none_is_left()


def test_a_program_ends_though_a_stream_was_not_read_to_its_end():
    program = (
        "from isomorph.schedule.lanes import run_lanes\n"
        "stream = run_lanes(str, iter(range(100)), 2)\n"
        "print(next(stream))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=SECONDS, check=True
    )
    assert not done.stderr
