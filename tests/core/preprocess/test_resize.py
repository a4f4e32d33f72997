"""Resizing is arithmetic of whole numbers, in little memory: float products give the bytes of integers."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from tests.drawn import RANDOM

from isomorph.encoders.vision.filters import weights_of
from isomorph.preprocess.pixels import resize as module
from isomorph.preprocess.pixels.resize import resize

KINDS = ("bilinear", "bicubic", "lanczos")
SIZES = ((3, 200), (40, 17), (97, 41), (64, 24), (300, 48), (900, 12), (128, 127), (7, 7))
"""From and to: weights of 14 to 21 bits, so that sums of either type of number occur."""


def exactly(image: np.ndarray, height: int, width: int, kind: str, bits: int | None) -> np.ndarray:
    """The same in int64, one pass behind the other."""
    channels = np.moveaxis(image, 2, 0)
    if width != image.shape[1]:
        channels = passed(channels, width, kind, bits)
    if height != image.shape[0]:
        channels = passed(channels.swapaxes(1, 2), height, kind, bits).swapaxes(1, 2)
    return channels


def passed(x: np.ndarray, wanted: int, kind: str, bits: int | None) -> np.ndarray:
    """Along the last axis."""
    lows, weights = weights_of(x.shape[2], wanted, kind)
    if bits is None:
        bits = max(b for b in range(23) if int(0.5 + float(weights.max()) * 2**b) < 1 << 15)
    whole = np.trunc(weights * 2**bits + np.where(weights < 0, -0.5, 0.5)).astype(np.int64)
    wide = np.pad(x.astype(np.int64), [(0, 0), (0, 0), (0, weights.shape[1])])
    sums = np.stack(
        [wide[:, :, low : low + len(w)] @ w for low, w in zip(lows, whole, strict=True)], axis=2
    )
    return np.clip((sums + (1 << bits >> 1)) >> bits, 0, 255).astype(np.uint8)


def images(height: int, width: int) -> list[np.ndarray]:
    """Noise, and what overshoots most: stripes and white beside black."""
    noise = RANDOM.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return [noise, (noise > 127) * np.uint8(255), np.full_like(noise, 255), np.zeros_like(noise)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bits", [None, 22], ids=["int16", "pillow"])
@pytest.mark.parametrize(("size", "wanted"), SIZES)
def test_sums_are_those_of_whole_numbers(kind, bits, size, wanted):
    for image in images(size, 2 * size):
        expected = exactly(image, wanted, wanted + 5, kind, bits)
        np.testing.assert_array_equal(resize(image, wanted, wanted + 5, kind, bits=bits), expected)


def test_a_sum_just_below_a_whole_number_is_cut_off():
    """To a quarter and less: one step of weights of 17 bits is less than float32 holds of a bright grey."""
    noise = np.random.default_rng(1).integers(0, 256, (1500, 210, 3), dtype=np.uint8)
    expected = exactly(noise, 1500, 52, "bilinear", None)
    np.testing.assert_array_equal(resize(noise, 1500, 52, "bilinear"), expected)


@pytest.mark.parametrize("near", [1, 1 << 12, module.NEAR])
def test_an_image_that_is_read_in_parts_is_the_same(near, monkeypatch):
    monkeypatch.setattr(module, "NEAR", near)
    image = RANDOM.integers(0, 256, (700, 900, 3), dtype=np.uint8)
    np.testing.assert_array_equal(
        resize(image, 112, 150, "bicubic"), exactly(image, 112, 150, "bicubic", None)
    )


def test_what_is_cut_away_changes_nothing_of_what_is_left():
    image = RANDOM.integers(0, 256, (120, 90, 3), dtype=np.uint8)
    window = slice(3, 21), slice(10, 31)
    whole = resize(image, 40, 33, "bicubic")
    np.testing.assert_array_equal(
        resize(image, 40, 33, "bicubic", window), whole[:, window[0], window[1]]
    )


@pytest.mark.parametrize("shape", [(2500, 2500), (28_000, 224)])
def test_of_a_large_image_few_numbers_are_floats_at_once(shape):
    image = np.zeros((*shape, 3), np.uint8)
    tracemalloc.start()
    try:
        resize(image, 224, 224, "bicubic")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1.5 * image.nbytes, "as float32 all of it would be 4 times as much"
