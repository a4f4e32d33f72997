"""What wav2vec2 and its descendants are fed: the samples themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.preprocess.items import Items
from isomorph.primitives.program import Feed

_SMALLEST = 1e-7
"""Added to the variance of a sound before it is divided by, as transformers does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waves:
    """Samples, brought to a mean of 0 and a variance of 1 where `normalized`.

    An encoder makes a position of `reach` samples every `hop` samples; what is left at the end is too little
    for one. Beside whole hops there is so room for whatever a sound of as many positions may have.
    """

    rate: int
    normalized: bool
    hop: int
    reach: int
    longest: int | None = None
    """Positions of the longest sound that is heard whole."""

    @property
    def heard(self) -> int | None:
        """Samples of the longest sound that is heard whole."""
        return None if self.longest is None else self.samples_of(self.longest)

    def feeds(self) -> Mapping[str, Feed]:
        """Samples in hops, the rest of them, how many there are, and a mask of positions."""
        return {
            "input_values": Feed("float32", ("rows", "width", self.hop)),
            "input_rest": Feed("float32", ("rows", self.reach - 1)),
            "samples": Feed("int64", ("rows",)),
            "attention_mask": Feed("int64", ("rows", "width")),
        }

    @property
    def numbers(self) -> int:
        """None beside the samples."""
        return 0

    def length(self, samples: int) -> int:
        """Positions of a sound of so many samples; less than 1 where it is too short for one."""
        return (samples - self.reach) // self.hop + 1

    def samples_of(self, positions: int) -> int:
        """The fewest samples of a sound with so many positions."""
        return (positions - 1) * self.hop + self.reach

    def prepare(self, waves: Sequence[NDArray[np.float32]], most: int | None) -> Samples:
        """Sounds, float32 (samples,) at `rate`, of which at most `most` positions are heard."""
        full = np.array([self.length(len(wave)) for wave in waves], np.int64)
        if most is not None:
            kept = self.samples_of(most)
            waves = [w[:kept] if n > most else w for w, n in zip(waves, full, strict=True)]
        lengths = np.array([self.length(len(wave)) for wave in waves], np.int64)
        return Samples(lengths, [self._scaled(wave) for wave in waves], full, self)

    def _scaled(self, wave: NDArray[np.float32]) -> NDArray[np.float32]:
        if not self.normalized:
            return wave
        return np.asarray((wave - wave.mean()) / np.sqrt(wave.var() + _SMALLEST), np.float32)


@dataclass(frozen=True, slots=True)
class Samples(Items):
    """The samples of a few sounds, float32 (samples,) each."""

    waves: Sequence[NDArray[np.float32]]
    full: NDArray[np.int64]
    how: Waves

    @property
    def full_lengths(self) -> NDArray[np.int64]:
        """Positions of the whole sounds."""
        return self.full

    @property
    def truncated(self) -> NDArray[np.int64]:
        """Those of which something is not heard."""
        return np.flatnonzero(self.full > self.lengths).astype(np.int64)

    def feeds(
        self, rows: Sequence[int], width: int, blank: int, names: Sequence[str]
    ) -> Mapping[str, NDArray[Any]]:
        """Zeros stand behind each sound; blank rows are silent, and no mask hides a position of theirs."""
        count, whole = len(rows) + blank, width * self.how.hop
        values = np.zeros((count, whole + self.how.reach - 1), np.float32)
        samples = np.full(count, self.how.samples_of(width), np.int64)
        mask = np.ones((count, width), np.int64)
        for place, row in enumerate(rows):
            wave = self.waves[row]
            samples[place] = len(wave)
            values[place, : len(wave)] = wave
            mask[place, self.lengths[row] :] = 0
        hops = np.ascontiguousarray(values[:, :whole]).reshape(count, width, self.how.hop)
        made: dict[str, NDArray[Any]] = {
            "input_values": hops,
            "input_rest": np.ascontiguousarray(values[:, whole:]),
            "samples": samples,
            "attention_mask": mask,
        }
        return {name: made[name] for name in names}
