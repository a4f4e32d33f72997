"""Files of videos against the frames and indices that transformers' own reader takes, in many containers."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from tests.parity.films import video
from transformers.video_utils import read_video_pyav

from isomorph.preprocess.video.forms import film
from isomorph.preprocess.video.reel import opened
from isomorph.preprocess.video.sampling import Sampling, Spread, Steps

FRAMES = video(20, 48, 64, 3)
FILES = {
    "h264.mp4": ("mp4", "libx264", "yuv420p", {}),
    "between.mp4": ("mp4", "libx264", "yuv420p", {"bf": "3", "g": "12"}),
    "deep.mp4": ("mp4", "libx264", "yuv420p10le", {}),
    "mpeg4.mp4": ("mp4", "mpeg4", "yuv420p", {"bf": "2"}),
    "mpeg4.avi": ("avi", "mpeg4", "yuv420p", {}),
    "mjpeg.avi": ("avi", "mjpeg", "yuvj420p", {}),
    "h264.mov": ("mov", "libx264", "yuv420p", {}),
    "h264.mkv": ("matroska", "libx264", "yuv420p", {}),
    "vp9.webm": ("webm", "libvpx-vp9", "yuv420p", {}),
    "flv.flv": ("flv", "flv", "yuv420p", {}),
    "wmv.wmv": ("asf", "wmv2", "yuv420p", {}),
    "mpeg2.mpg": ("mpeg", "mpeg2video", "yuv420p", {}),
    "h264.ts": ("mpegts", "libx264", "yuv420p", {}),
    "animated.gif": ("gif", "gif", "rgb8", {}),
}
RULES: tuple[Sampling, ...] = (Steps(rate=2.0), Steps(count=6), Spread(rate=4.0), Spread(count=7))
RATE = Fraction(25)


def write(place: Path, container: str, codec: str, layout: str, options: dict[str, str]) -> Path:
    with av.open(str(place), "w", format=container) as file:
        stream = file.add_stream(codec, rate=RATE, options=options)
        stream.width, stream.height, stream.pix_fmt = FRAMES.shape[2], FRAMES.shape[1], layout
        for each in FRAMES:
            frame = av.VideoFrame.from_ndarray(each, format="rgb24").reformat(format=layout)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return place


@pytest.mark.parametrize("name", FILES)
def test_frames_are_those_of_transformers(name, tmp_path):
    path = write(tmp_path / name, *FILES[name])
    with opened(film({"video": path}, 0)) as reel:
        assert (reel.count, reel.rate) == (len(FRAMES), pytest.approx(float(RATE)))
        for rule in RULES:
            indices = np.unique(rule.chosen(reel.count, reel.rate))
            wanted, said = read_video_pyav(str(path), lambda metadata, chosen=indices: chosen)
            np.testing.assert_array_equal(np.stack([*reel.frames(indices)]), wanted)
            if said.total_num_frames:  # what some headers say of all frames is nothing
                assert (said.total_num_frames, said.fps) == (reel.count, pytest.approx(reel.rate))
