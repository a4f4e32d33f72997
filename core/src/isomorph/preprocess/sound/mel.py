"""Powers of a sound by time and mel frequency, in float64.

Banks of filters are those of Slaney's Auditory Toolbox (``"slaney"``), as librosa has them, and those of the
Hidden Markov Model Toolkit (``"htk"``). Frames are centred, the
sound is mirrored at its ends, and windows are periodic Hann windows.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

FLOOR = 1e-10
"""Powers below it count as it, before a logarithm is taken."""

_FRAMES = 4096
"""Frames that are transformed at once."""


def _mel(hz: NDArray[Any] | float, scale: str) -> NDArray[Any]:
    """O'Shaughnessy's logarithmic scale (htk), or Slaney's, which is linear below 1000 Hz."""
    hz = np.asarray(hz, np.float64)
    if scale == "htk":
        return np.asarray(2595.0 * np.log10(1.0 + hz / 700.0))
    above = 15.0 + np.log(np.maximum(hz, 1e-9) / 1000.0) * (27.0 / np.log(6.4))
    return np.where(hz >= 1000.0, above, 3.0 * hz / 200.0)


def _hertz(mel: NDArray[Any], scale: str) -> NDArray[Any]:
    """The inverse of `_mel`."""
    if scale == "htk":
        return np.asarray(700.0 * (10.0 ** (mel / 2595.0) - 1.0))
    above = 1000.0 * np.exp(np.log(6.4) / 27.0 * (mel - 15.0))
    return np.where(mel >= 15.0, above, 200.0 * mel / 3.0)


@lru_cache(maxsize=16)
def filters(
    size: int, mels: int, low: float, high: float, rate: int, scale: str
) -> NDArray[np.float64]:
    """Triangular filters (mels, size // 2 + 1) of a window of `size` samples.

    Args:
        size: samples of a window.
        mels: how many filters.
        low: where the first begins, in Hz.
        high: where the last ends, in Hz.
        rate: samples in a second.
        scale: ``"slaney"``, of which each filter has the same area, or ``"htk"``, of which each has the
            same height.
    """
    ends = float(_mel(low, scale)), float(_mel(high, scale))
    edges = _hertz(np.linspace(*ends, mels + 2), scale)
    hz = np.linspace(0, rate // 2, 1 + size // 2)
    width = np.diff(edges)
    slope = edges[:, None] - hz
    found = np.maximum(0, np.minimum(-slope[:-2] / width[:-1, None], slope[2:] / width[1:, None]))
    if scale == "slaney":
        found *= (2.0 / (edges[2:] - edges[:-2]))[:, None]
    found.flags.writeable = False
    return np.asarray(found)


def powers(wave: NDArray[Any], size: int, hop: int, bank: NDArray[Any]) -> NDArray[np.float64]:
    """Powers (mels, frames) of a sound, at least `FLOOR` each.

    A frame begins every `hop` samples; there are len(wave) // hop + 1 of them.
    """
    window = np.hanning(size + 1)[:-1]
    mirrored = np.pad(np.asarray(wave, np.float64), size // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(mirrored, size)[::hop]
    found = np.empty((len(bank), len(frames)))
    for begin in range(0, len(frames), _FRAMES):
        part = np.fft.rfft(frames[begin : begin + _FRAMES] * window)
        # Rounded to complex64 between, as transformers' numpy code does.
        power = np.abs(part.astype(np.complex64)).astype(np.float64) ** 2
        np.maximum(FLOOR, bank @ power.T, out=found[:, begin : begin + len(part)])
    return found
