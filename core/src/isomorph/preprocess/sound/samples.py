"""From a recording to what a model hears: one channel, at the model's own rate."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from isomorph.errors import InputError
from isomorph.files import limits
from isomorph.machine.optional import Library
from isomorph.preprocess.outside import Outside
from isomorph.preprocess.sound.decode import EXTRA, decoded, scaled
from isomorph.preprocess.sound.recording import Recording, named, recording, too_long


def heard(each: Recording, rate: int) -> NDArray[np.float32]:
    """The samples of a recording, float32 (samples,): the mean of its channels, `rate` in a second.

    Raises:
        InputError: the recording is damaged or empty, or a sample is not finite; names the input.
        Unsupported: a library that is needed is not installed.
    """
    if isinstance(each.data, Outside):
        return heard(each.data.read(each.index, recording), rate)
    name = named(each.index, each.data)
    if isinstance(each.data, np.ndarray):
        wave, own = scaled(each.data), each.rate or rate
        wave = wave if wave.ndim == 1 else wave.mean(axis=1)
    else:
        wave, own = decoded(each.data, each.index)
    if not len(wave):
        raise InputError(f"{name} is a sound without samples.")
    if not np.isfinite(wave).all():
        first = int(np.flatnonzero(~np.isfinite(wave))[0])
        raise InputError(
            f"{name} holds {wave[first]} at sample {first}; every sample must be finite."
        )
    return wave if own == rate else _resampled(wave, own, rate, name)


def _resampled(wave: NDArray[np.float32], own: int, rate: int, name: str) -> NDArray[np.float32]:
    """As librosa.load does it: soxr's high quality, and exactly as many samples as the time makes."""
    count = math.ceil(len(wave) * rate / own)
    if count > limits.SAMPLES:
        raise too_long(name)
    need = f"{name} has {own} samples a second, and this model hears {rate}; that takes soxr"
    soxr = Library("soxr", need, EXTRA).module()
    found = np.asarray(soxr.resample(wave, own, rate, quality="HQ"), np.float32)[:count]
    return np.pad(found, (0, count - len(found)))
