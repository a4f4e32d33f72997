"""Five hundred spoilt sound files: each is an error that names its input, or a vector; nothing else."""

from __future__ import annotations

import io
import tracemalloc

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.errors import InputError
from isomorph.testing.tiny_sounds import RATE, sound, write_sounds

soundfile = pytest.importorskip("soundfile")
pytest.importorskip("soxr")

EACH = 100
KINDS = ("WAV", "FLAC", "OGG", "MP3", "AIFF")
MOST = 600 << 20
"""Bytes that no file of a few thousand may make a call take."""


def original(kind):
    stream = io.BytesIO()
    samples = np.rint(sound(0.3, 2) * 32767).astype(np.int16)
    soundfile.write(stream, np.stack([samples, samples[::-1]], axis=1), RATE, format=kind)
    return stream.getvalue()


def spoilt(content, rng):
    """Cut, with other bytes, with bits flipped, with a piece twice or left out, or with a wild header."""
    data = bytearray(content)
    how, place = rng.integers(6), int(rng.integers(len(data)))
    if how == 0:
        del data[place:]
    elif how == 1:
        for at in rng.integers(0, len(data), 1 + place % 40):
            data[at] = rng.integers(256)
    elif how == 2:
        data[place] ^= 1 << int(rng.integers(8))
    elif how == 3:
        data[place:place] = data[place : place + 300]
    elif how == 4:
        del data[place : place + 200]
    else:
        begin = int(rng.integers(64))
        data[begin : begin + 4] = rng.choice(
            [b"\xff" * 4, b"\0" * 4, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f"]
        )
    return bytes(data)


def answer(model, inputs):
    try:
        return model.encode(inputs, on_long="report")
    except InputError as error:
        return str(error)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = write_sounds("whisper", tmp_path_factory.mktemp("model") / "whisper")
    return SentenceTransformer(str(folder), backend="reference")


@pytest.mark.parametrize("kind", KINDS)
def test_a_spoilt_file_is_an_error_with_its_index_or_a_vector(model, kind):
    content, good = original(kind), sound(0.2)
    rng = np.random.default_rng(KINDS.index(kind))
    whole, vectors, errors = model.encode(good), 0, 0
    tracemalloc.start()
    try:
        for _ in range(EACH):
            found = answer(model, [good, spoilt(content, rng)])
            if isinstance(found, str):
                errors += 1
                assert "Input 1 " in found
            else:
                vectors += 1
                assert found.shape == (2, 32)
                assert np.isfinite(found).all()
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert vectors + errors == EACH
    assert errors > 5, "nothing was spoilt"
    assert vectors, "everything is refused"
    assert most < MOST
    assert np.array_equal(model.encode(good), whole)
