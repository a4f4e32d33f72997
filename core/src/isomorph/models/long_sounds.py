"""Sounds that are longer than a model hears, in windows: a sound's vector is the mean of their vectors.

Windows follow each other without overlap. Each counts by its time, so that a short last one counts little;
a rest that is too short for the model is not heard. Texts and images of the call stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.preprocess.sound.recording import Recording
from isomorph.preprocess.sound.samples import heard
from isomorph.preprocess.sound.sound import Features, Sound
from isomorph.runtime.mixed import Input, MixedInputs
from isomorph.runtime.report import CallReport


@dataclass(frozen=True, slots=True)
class Windows:
    """The windows of a call: of each the input that it is a part of, and how much it counts there."""

    items: list[Any]
    places: list[int]
    shares: list[float]

    def joined(self, rows: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
        """The weighted mean (features,) of the rows of each input."""
        found: list[NDArray[Any]] = [np.empty(0)] * (self.places[-1] + 1 if self.places else 0)
        for place, share, row in zip(self.places, self.shares, rows, strict=True):
            if share == 1:
                found[place] = row
            else:
                before = found[place] if len(found[place]) else np.zeros(len(row))
                found[place] = before + share * row.astype(np.float64)
        return [row.astype(np.float32) for row in found]

    def told(self, report: CallReport) -> CallReport:
        """A report of the windows as one of the inputs."""
        return replace(
            report,
            texts=self.places[-1] + 1 if self.places else 0,
            truncated=self._inputs(report.truncated),
            not_finite=self._inputs(report.not_finite),
            bad_inputs=tuple(sorted({self.places[i]: why for i, why in report.bad_inputs}.items())),
        )

    def _inputs(self, windows: Sequence[int]) -> tuple[int, ...]:
        return tuple(sorted({self.places[index] for index in windows}))


def hears(inputs: Any) -> bool:
    """Whether such inputs may be sounds."""
    return _sound(inputs) is not None


def windows_of(inputs: Any, items: Sequence[Any], max_length: int | None) -> Windows:
    """The windows of sounds, which are decoded for it; all other items are one window each.

    Args:
        inputs: what the model's chains say of their inputs.
        items: as `Inputs.read` gives them.
        max_length: where the call cuts inputs; of a model that takes texts too that is about those.
    """
    sound = _sound(inputs)
    assert sound is not None
    limit = None if isinstance(inputs, MixedInputs) else max_length
    found = Windows([], [], [])
    for place, item in enumerate(items):
        for part, share in _parts(item, sound.features, limit):
            found.items.append(part)
            found.places.append(place)
            found.shares.append(share)
    return found


def _sound(inputs: Any) -> Sound | None:
    """What is said of sounds, where some may be among the inputs."""
    own = inputs.of.get("audio") if isinstance(inputs, MixedInputs) else inputs
    return own if isinstance(own, Sound) else None


def _parts(item: Any, features: Features, limit: int | None) -> Iterator[tuple[Any, float]]:
    """Each window of an item, and its share of all that is heard of the item."""
    given = item.item if isinstance(item, Input) else item
    most = _most(features, limit)
    if not isinstance(given, Recording) or most is None:
        yield item, 1.0
        return
    try:
        wave = heard(given, features.rate)
    except InputError:  # whoever prepares the sound says so, or spares it
        yield item, 1.0
        return
    parts = [wave[start : start + most] for start in range(0, len(wave), most)]
    kept = [part for part in parts if features.length(len(part)) >= 1]
    if len(kept) < 2:
        yield item, 1.0
        return
    whole = sum(map(len, kept))
    for part in kept:
        recording = Recording(part, features.rate, given.index)
        window = replace(item, item=recording) if isinstance(item, Input) else recording
        yield window, len(part) / whole


def _most(features: Features, limit: int | None) -> int | None:
    """Samples of a window; None where every sound is heard whole."""
    cut = None if limit is None else features.samples_of(limit)
    known = [each for each in (features.heard, cut) if each is not None]
    return min(known) if known else None
