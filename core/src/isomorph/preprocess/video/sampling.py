"""Which frames of a video are taken, as the video processors of transformers choose them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.files import limits

USUAL_RATE = 24.0
"""Frames a second of a video that says nothing of it."""


class Sampling(Protocol):
    """A rule: a frozen dataclass with the fields of `Steps`, that can be pickled."""

    def chosen(self, total: int, rate: float | None) -> NDArray[np.int64]:
        """Frames of a video of so many at this rate, by index and in their order.

        Raises:
            InputError: the rule cannot be followed.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """As many equal steps as frames are wanted, of each the frame at its beginning (Qwen2-VL).

    `count` frames are wanted, or `rate` in each second, at least `least` and at most `most`; a multiple of
    `unit` of them.
    """

    count: int | None = None
    rate: float | None = None
    least: int = 4
    most: int = 768
    unit: int = 2

    def chosen(self, total: int, rate: float | None) -> NDArray[np.int64]:
        """The frames; steps are numbers of float32, as in transformers."""
        wanted = self._wanted(total, rate)
        if wanted is None:
            return np.arange(total)
        if not 0 < wanted <= total:
            raise InputError(
                f"has {total} frames, and the model's video processor wants {wanted} of them: pass more "
                "frames, or other num_frames or fps in processor_kwargs."
            )
        step = total / wanted
        starts = np.arange(int(np.ceil(total / step))) * step
        return starts.astype(np.float32).astype(np.int64)

    def _wanted(self, total: int, rate: float | None) -> int | None:
        if self.count is not None:
            return round(self.count / self.unit) * self.unit
        if self.rate is None:
            return None
        if rate is None:
            raise InputError(
                f"is a video of frames whose rate nobody says, and {self.rate:g} of each second are taken: "
                "pass {'array': frames, 'video_metadata': {'fps': …}}, or num_frames in processor_kwargs."
            )
        most = min(self.most, total) // self.unit * self.unit
        wanted = min(max(total / rate * self.rate, self.least), most, total)
        return int(wanted // self.unit * self.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Frames from the first to the last, evenly (Qwen3-VL); the fields are those of `Steps`."""

    count: int | None = None
    rate: float | None = None
    least: int = 4
    most: int = 768

    def chosen(self, total: int, rate: float | None) -> NDArray[np.int64]:
        """The frames; places between two are rounded."""
        wanted = self.count
        if wanted is None and self.rate is not None:
            there = int(total / (rate or USUAL_RATE) * self.rate)
            wanted = min(max(there, self.least), self.most, total)
        if wanted is None:
            wanted = min(max(total, self.least), self.most)
        if wanted > limits.FILM_FRAMES:
            raise InputError(f"would be {wanted:,} frames.")
        return np.linspace(0, total - 1, wanted).round().astype(np.int64)
