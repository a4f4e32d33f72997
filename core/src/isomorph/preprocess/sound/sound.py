"""Sounds as inputs of a model: what a call may pass, and what an encoder is fed."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.preprocess.fetch import OPTION, Fetch
from isomorph.preprocess.inputs import is_single
from isomorph.preprocess.items import ItemInputs, ItemPreparer
from isomorph.preprocess.protocol import Prepared, Treatment
from isomorph.preprocess.sound.recording import Recording, recording
from isomorph.preprocess.sound.samples import heard
from isomorph.primitives.program import Feed

_WINDOW = 1 << 24
"""Numbers that are prepared together: 64 MB of float32."""


class Features(Protocol):
    """What an encoder is fed of a sound: a frozen dataclass, read from the files of its extractor."""

    @property
    def rate(self) -> int:
        """Samples in a second."""

    @property
    def longest(self) -> int | None:
        """Positions of the longest sound that is heard whole; None where there is no limit."""

    @property
    def heard(self) -> int | None:
        """Samples that are heard of a sound at most; None where there is no limit."""

    def feeds(self) -> Mapping[str, Feed]:
        """Type and axes of the arrays."""

    @property
    def numbers(self) -> int:
        """How many a sound becomes at least, however short it is."""

    def length(self, samples: int) -> int:
        """Positions of a sound of so many samples; less than 1 where it is too short for one."""

    def samples_of(self, positions: int) -> int:
        """Samples of a sound with so many positions."""

    def prepare(self, waves: Sequence[NDArray[np.float32]], most: int | None) -> Prepared:
        """Sounds, float32 (samples,), as numbers; of each at most `most` positions are heard."""


@dataclass(frozen=True)
class Sound(ItemInputs):
    """Sounds, which `features` turns into numbers; `fetch` is how they come from addresses, if they may."""

    features: Features
    max_length: int | None = None
    longest: int | None = None
    fetch: Fetch | None = None
    modality = "audio"
    unit = "frames"
    window = _WINDOW
    options = (OPTION,)

    def feeds(self, names: Collection[str]) -> Mapping[str, Feed]:
        """Those of the features."""
        return {name: feed for name, feed in self.features.feeds().items() if name in names}

    def changed(self, options: Mapping[str, Any]) -> Sound:
        """With the user's word on addresses."""
        return replace(self, fetch=Fetch.read(options.get(OPTION)))

    def is_single(self, inputs: Any) -> bool:
        """Whether this is one sound: anything but a list, a tuple or a column of them."""
        whole = isinstance(inputs, PurePath | Recording | memoryview)
        whole = whole or hasattr(inputs, "read") or hasattr(inputs, "get_all_samples")
        return whole or is_single(inputs)

    def item(self, value: Any, index: int) -> Recording:
        """What was passed, looked at but not decoded."""
        return recording(value, index, self.fetch)

    def keys(self, items: Sequence[Any]) -> Sequence[Hashable]:
        """A key for each; equal files and equal samples have equal ones."""
        return [each.key for each in items]

    def cost(self, item: Any, max_length: int | None = None) -> int:
        """Samples, or bytes of a file; no less than what the sound becomes."""
        return max(int(item.size), self.features.numbers)

    def sample(self, length: int, seed: int = 0) -> Recording:
        """Noise of so many positions."""
        count = self.features.samples_of(max(1, length))
        noise = np.random.default_rng(seed).uniform(-0.5, 0.5, count)
        return Recording(noise.astype(np.float32))

    def preparer(self) -> SoundPreparer:
        """What decodes and measures sounds; libraries are imported when a sound needs them."""
        return SoundPreparer(self)


class SoundPreparer(ItemPreparer):
    """Decodes sounds, brings them to the model's rate, and makes what the encoder is fed."""

    def __init__(self, inputs: Sound) -> None:
        self.native = inputs.features
        self._inputs = inputs
        self._features = inputs.features

    def prepare(self, items: Sequence[Any], how: Treatment, first: int = 0) -> Prepared:
        """The features of sounds.

        Raises:
            InputError: a sound cannot be decoded, is empty or too short, or holds what is not finite.
            Unsupported: a library that a sound needs is not installed.
        """
        waves = [self._kept(place, each, how) for place, each in enumerate(items)]
        return self._features.prepare(waves, how.max_length)

    def _kept(self, place: int, item: Recording, how: Treatment) -> NDArray[np.float32]:
        """The samples of a sound; of a bad one that the call spares, those of another."""
        try:
            return self._wave(item)
        except InputError as cause:
            if how.spare is None:
                raise
            how.spare(place, cause)
            return self._wave(self._inputs.sample(1))

    def _wave(self, item: Recording) -> NDArray[np.float32]:
        wave = heard(item, self._features.rate)
        if self._features.length(len(wave)) < 1:
            least = self._features.samples_of(1)
            raise InputError(
                f"Input {item.index} has {len(wave)} samples of {self._features.rate} a second, and the "
                f"model needs {least} at least."
            )
        return wave
