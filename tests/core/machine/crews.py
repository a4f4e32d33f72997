"""The threads of crews, which the standard library does not list."""

from __future__ import annotations

import sys
from time import monotonic, sleep

from isomorph.machine import crew

SECONDS = 120
"""Bounds a hang."""


def threads_of_crews():
    """How many there are just now, at work or waiting for it."""
    return sum(map(_runs_in_a_crew, sys._current_frames().values()))


def none_is_left():
    """Waits until the threads of crews have ended: the last step of a thread comes after its crew's end."""
    end = monotonic() + SECONDS
    while threads_of_crews() and monotonic() < end:
        sleep(0.001)
    return not threads_of_crews()


def _runs_in_a_crew(frame):
    while frame is not None:
        if frame.f_code is crew._run.__code__:
            return True
        frame = frame.f_back
    return False
