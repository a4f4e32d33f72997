"""What CLAP's tower of sounds is fed: mel powers of a fixed time in decibels, of longer sounds four times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.preprocess.items import Items
from isomorph.preprocess.sound.mel import filters, powers
from isomorph.primitives.program import Feed

FILLINGS = ("pad", "repeat", "repeatpad")
"""How short sounds are filled up: with silence; repeated and cut; repeated while they fit, then silence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decibels:
    """A window of `samples` samples.

    Of a longer sound the beginning is heard. With `fused` all of it is: as a spectrum of the whole, squeezed
    into the time of a window, and its beginning, middle and end; a short sound is four times the same.
    """

    rate: int
    samples: int
    size: int
    hop: int
    mels: int
    low: float
    high: float
    fused: bool
    filling: str = "pad"

    @property
    def size_fed(self) -> tuple[int, int, int]:
        """Channels, frames and mel powers of what is fed."""
        return self.channels, self.frames, self.mels

    @property
    def channels(self) -> int:
        """Spectra of a sound."""
        return 4 if self.fused else 1

    @property
    def frames(self) -> int:
        """Frames of a spectrum."""
        return self.samples // self.hop + 1

    @property
    def longest(self) -> int | None:
        """Frames of the longest sound that is heard whole; None where all are."""
        return None if self.fused else self.frames

    @property
    def heard(self) -> int | None:
        """Samples of a window; None where all of a sound is heard."""
        return None if self.fused else self.samples

    def feeds(self) -> Mapping[str, Feed]:
        """The spectra."""
        shape = ("rows", self.channels, self.frames, self.mels)
        return {"input_features": Feed("float32", shape)}

    @property
    def numbers(self) -> int:
        """Mel powers of all spectra."""
        return self.channels * self.frames * self.mels

    def length(self, samples: int) -> int:
        """Frames of a sound of so many samples."""
        return -(-samples // self.hop)

    def samples_of(self, positions: int) -> int:
        """Samples of a sound with so many frames."""
        return positions * self.hop

    def prepare(self, waves: Sequence[NDArray[np.float32]], most: int | None) -> Spectra:
        """Sounds, float32 (samples,) at `rate`, of which at most `most` frames are heard."""
        kept = None if most is None else self.samples_of(most)
        lengths = np.full(len(waves), self.frames, np.int64)
        limit = min(n for n in (kept, None if self.fused else self.samples, 1 << 62) if n)
        cut = np.array([i for i, wave in enumerate(waves) if len(wave) > limit], np.int64)
        return Spectra(lengths, [self._spectra(wave[:kept]) for wave in waves], cut)

    def _spectra(self, wave: NDArray[np.float32]) -> NDArray[np.float32]:
        """(channels, frames, mels)."""
        if len(wave) <= self.samples or not self.fused:
            return np.stack([self._decibels(self._filled(wave[: self.samples]))] * self.channels)
        whole, frames = self._decibels(wave), self.frames
        if len(whole) == frames:
            return np.stack([whole] * self.channels)
        starts = (0, (len(whole) - frames) // 2, len(whole) - frames)
        parts = [whole[start : start + frames] for start in starts]
        return np.stack([_squeezed(whole, frames), *parts])

    def _filled(self, wave: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.filling == "repeat":
            wave = np.tile(wave, self.samples // len(wave) + 1)[: self.samples]
        elif self.filling == "repeatpad":
            wave = np.tile(wave, self.samples // len(wave))
        return np.pad(wave, (0, self.samples - len(wave)))

    def _decibels(self, wave: NDArray[np.float32]) -> NDArray[np.float32]:
        """(frames, mels)."""
        scale = "htk" if self.fused else "slaney"
        bank = filters(self.size, self.mels, self.low, self.high, self.rate, scale)
        return (10.0 * np.log10(powers(wave, self.size, self.hop, bank))).T.astype(np.float32)


def _squeezed(spectrum: NDArray[np.float32], frames: int) -> NDArray[np.float32]:
    """A spectrum (frames, mels) in fewer frames: each between two neighbours."""
    scale = np.float32(len(spectrum)) / np.float32(frames)
    places = scale * (np.arange(frames, dtype=np.float32) + np.float32(0.5)) - np.float32(0.5)
    places = np.maximum(places, np.float32(0))
    first = np.minimum(places.astype(np.int64), len(spectrum) - 1)
    second = np.minimum(first + 1, len(spectrum) - 1)
    part = (places - first.astype(np.float32))[:, None]
    return np.asarray((1 - part) * spectrum[first] + part * spectrum[second], np.float32)


@dataclass(frozen=True, slots=True)
class Spectra(Items):
    """Spectra (channels, frames, mels) of a few sounds."""

    spectra: Sequence[NDArray[np.float32]]
    cut: NDArray[np.int64]

    @property
    def truncated(self) -> NDArray[np.int64]:
        """Those of which something is not heard."""
        return self.cut

    def feeds(
        self, rows: Sequence[int], width: int, blank: int, names: Sequence[str]
    ) -> Mapping[str, NDArray[Any]]:
        """Blank rows are zeros."""
        found = np.zeros((len(rows) + blank, *self.spectra[0].shape), np.float32)
        for place, row in enumerate(rows):
            found[place] = self.spectra[row]
        return dict.fromkeys(names, found)
