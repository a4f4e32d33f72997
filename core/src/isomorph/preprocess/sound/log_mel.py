"""What Whisper's encoder is fed: logarithms of mel powers of a fixed time, in a range of eight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.preprocess.items import Items
from isomorph.preprocess.sound.mel import filters, powers
from isomorph.primitives.program import Feed

HIGHEST = 8000.0
"""Where the last filter ends, in Hz."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMel:
    """A window of `samples` samples: of a longer sound the beginning, behind a shorter one silence."""

    rate: int
    samples: int
    size: int
    """Samples of a window of the spectrum."""
    hop: int
    """Samples from one frame of the spectrum to the next."""
    mels: int
    positions: int
    """Positions that the encoder makes of all frames."""

    @property
    def longest(self) -> int:
        """Positions of every sound."""
        return self.positions

    @property
    def heard(self) -> int:
        """Samples of a window."""
        return self.samples

    def feeds(self) -> Mapping[str, Feed]:
        """Mel powers of all frames, and a mask that hides no position."""
        return {
            "input_features": Feed("float32", ("rows", self.mels, self.samples // self.hop)),
            "attention_mask": Feed("int64", ("rows", self.positions)),
        }

    @property
    def numbers(self) -> int:
        """Mel powers of a window."""
        return self.mels * (self.samples // self.hop)

    def length(self, samples: int) -> int:
        """Positions that a sound of so many samples would have."""
        return -(-samples * self.positions // self.samples)

    def samples_of(self, positions: int) -> int:
        """Samples of a sound with so many positions."""
        return positions * self.samples // self.positions

    def prepare(self, waves: Sequence[NDArray[np.float32]], most: int | None) -> Frames:
        """Sounds, float32 (samples,) at `rate`, of which at most `most` positions are heard."""
        kept = self.samples * min(most or self.positions, self.positions) // self.positions
        full = np.array([self.length(len(wave)) for wave in waves], np.int64)
        mels = [self._mel(wave[:kept]) for wave in waves]
        return Frames(np.full(len(waves), self.positions, np.int64), mels, full, most)

    def _mel(self, wave: NDArray[np.float32]) -> NDArray[np.float32]:
        """(mels, frames); the last frame, which is centred on the end, is left out."""
        bank = filters(self.size, self.mels, 0.0, HIGHEST, self.rate, "slaney")
        whole = np.pad(wave, (0, self.samples - len(wave)))
        log = np.log10(powers(whole, self.size, self.hop, bank))[:, :-1]
        return np.asarray((np.maximum(log, log.max() - 8.0) + 4.0) / 4.0, np.float32)


@dataclass(frozen=True, slots=True)
class Frames(Items):
    """Mel powers (mels, frames) of a few sounds."""

    mels: Sequence[NDArray[np.float32]]
    full: NDArray[np.int64]
    most: int | None = None

    @property
    def full_lengths(self) -> NDArray[np.int64]:
        """Positions of the whole sounds."""
        return self.full

    @property
    def truncated(self) -> NDArray[np.int64]:
        """Those of which something is not heard."""
        limit = self.lengths if self.most is None else np.minimum(self.lengths, self.most)
        return np.flatnonzero(self.full > limit).astype(np.int64)

    def feeds(
        self, rows: Sequence[int], width: int, blank: int, names: Sequence[str]
    ) -> Mapping[str, NDArray[Any]]:
        """Blank rows are silent."""
        features = np.zeros((len(rows) + blank, *self.mels[0].shape), np.float32)
        for place, row in enumerate(rows):
            features[place] = self.mels[row]
        mask = np.ones((len(rows) + blank, width), np.int64)
        made = {"input_features": features, "attention_mask": mask}
        return {name: made[name] for name in names}
