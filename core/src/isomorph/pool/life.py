"""Whether a worker that has something to do still lives: a stopped or frozen process gives no sign."""

from __future__ import annotations

from pathlib import Path
from time import monotonic

BEAT_EVERY = 1.0
"""Seconds between two frames of a worker at work that say nothing but that it lives."""
SILENCE = 10.0
"""Seconds without any sign of life after which a worker at work is given up and killed."""
START = 300.0
"""The same while it starts: before it can say anything it runs the main module of the program."""
TICK = 1.0
"""Seconds between two looks."""


class Silence:
    """How long a worker has been silent while somebody listened.

    Time in which the listener stood still too does not count: a program that was stopped from its
    terminal, with its workers, finds them alive when it goes on.
    """

    def __init__(self) -> None:
        self._signs: object = None
        self._looked = monotonic()
        self._seconds = 0.0

    def after(self, signs: object) -> float:
        """Seconds of silence, told all signs of now; None stands for one that needs no proof."""
        now = monotonic()
        passed, self._looked = min(now - self._looked, 2 * TICK), now
        same = signs is not None and signs == self._signs
        self._seconds, self._signs = (self._seconds + passed if same else 0.0), signs
        return self._seconds


def signs(frames: int, pid: int | None) -> object:
    """What changes as long as a process lives: frames that went, and where the system tells, its CPU time.

    None while it waits for a disk, which nothing can interrupt.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    except OSError:
        return frames
    state, *fields = stat.rpartition(")")[2].split()
    return None if state == "D" else (frames, *fields[10:12])
