"""A hundred spoilt files of videos: each is an error that names its input, or a vector; nothing else."""

from __future__ import annotations

import io
import tracemalloc

import av
import numpy as np
import pytest
from tests.core.preprocess.test_mutated_sounds import answer, spoilt
from tests.parity.films import video
from tests.parity.mingled_models import build

from isomorph import SentenceTransformer

EACH = 15
KINDS = {
    "mp4": ("mp4", "libx264", "yuv420p"),
    "mpeg4": ("avi", "mpeg4", "yuv420p"),
    "mkv": ("matroska", "libx264", "yuv420p"),
    "webm": ("webm", "libvpx-vp9", "yuv420p"),
    "mov": ("mov", "mpeg4", "yuv420p"),
    "ts": ("mpegts", "mpeg2video", "yuv420p"),
    "gif": ("gif", "gif", "rgb8"),
}
MOST = 200 << 20
"""Bytes that no file of a few thousand may make a call take."""


def original(container: str, codec: str, layout: str) -> bytes:
    place = io.BytesIO()
    with av.open(place, "w", format=container) as file:
        stream = file.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 48, 32, layout
        for each in video(8, 32, 48, 2):
            frame = av.VideoFrame.from_ndarray(each, format="rgb24").reformat(format=layout)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return place.getvalue()


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return SentenceTransformer(
        build("qwen2_vl", tmp_path_factory.mktemp("model")), backend="reference"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_spoilt_file_is_an_error_with_its_index_or_a_vector(model, kind):
    content = original(*KINDS[kind])
    rng = np.random.default_rng(sorted(KINDS).index(kind))
    whole, vectors, errors = model.encode("a text"), 0, 0
    assert np.isfinite(model.encode([{"video": content}])).all()
    tracemalloc.start()
    try:
        for _ in range(EACH):
            found = answer(model, ["a text", {"video": spoilt(content, rng)}])
            if isinstance(found, str):
                errors += 1
                assert found.startswith("Input 1 ")
            else:
                vectors += 1
                assert np.isfinite(found).all()
        assert tracemalloc.get_traced_memory()[1] < MOST
    finally:
        tracemalloc.stop()
    assert vectors + errors == EACH
    assert errors
    np.testing.assert_array_equal(model.encode("a text"), whole)
