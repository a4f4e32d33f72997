"""A large image is resized in stripes: the same bits, in little memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from isomorph.preprocess.pixels import resize


@pytest.mark.parametrize("kind", ["bicubic", "bilinear", "lanczos"])
@pytest.mark.parametrize("size", [(40, 50), (97, 50), (40, 131), (200, 300), (1, 1)])
@pytest.mark.parametrize("bits", [None, resize.PILLOW])
def test_stripes_give_the_same_bits(monkeypatch, kind, size, bits):
    image = np.random.default_rng(0).integers(0, 256, (97, 131, 3), dtype=np.uint8)
    window = slice(0, max(1, size[0] // 2)), slice(size[1] // 3, size[1])
    for part in (None, window):
        monkeypatch.setattr(resize, "STRIPE", 1 << 40)
        whole = resize.resize(image, *size, kind, part, bits=bits)
        for stripe in (1, 500, 131 * 3 * 50):
            monkeypatch.setattr(resize, "STRIPE", stripe)
            np.testing.assert_array_equal(resize.resize(image, *size, kind, part, bits=bits), whole)


@pytest.mark.parametrize(
    ("shape", "size"), [((2500, 2500), (224, 224)), ((28_000, 224), (224, 224))]
)
def test_a_large_image_is_never_float64_as_a_whole(shape, size):
    image = np.zeros((*shape, 3), np.uint8)
    tracemalloc.start()
    try:
        resize.resize(image, *size, "bicubic")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5 * image.nbytes, "float64 alone would be 8 times as much"
