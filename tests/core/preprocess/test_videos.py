"""Files of videos: decoded frames, and what is no video that is read. Frames are written without loss."""

from __future__ import annotations

import base64
import io
import json
import struct
import subprocess
import sys

import av
import numpy as np
import pytest
from tests.parity.films import told, video
from tests.parity.mingled_models import build

from isomorph import SentenceTransformer
from isomorph.errors import BadModel, InputError, Unsupported
from isomorph.files import limits
from isomorph.preprocess.video.forms import film
from isomorph.preprocess.video.reel import opened
from isomorph.preprocess.video.sampling import Spread, Steps

FRAMES = video(9, 40, 56, 1)
CONTAINERS = {"mov": ("png", "rgb24"), "mkv": ("ffv1", "bgr0"), "avi": ("rawvideo", "bgr24")}
"""Ending, codec and layout of pixels: three that lose nothing."""


def written(ending: str, frames: np.ndarray = FRAMES, rate: int = 6, times=None) -> bytes:
    """A file of these frames."""
    codec, layout = CONTAINERS[ending]
    place = io.BytesIO()
    with av.open(place, "w", format={"mkv": "matroska"}.get(ending, ending)) as file:
        stream = file.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = frames.shape[2], frames.shape[1], layout
        for number, each in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(each, format="rgb24").reformat(format=layout)
            frame.pts = number if times is None else times[number]
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return place.getvalue()


def read(given, indices=None):
    with opened(film(given, 0)) as reel:
        chosen = np.arange(reel.count) if indices is None else np.array(indices)
        return np.stack([*reel.frames(chosen)]), reel.count, reel.rate


@pytest.mark.parametrize("ending", CONTAINERS)
def test_a_file_has_the_frames_that_were_written_in_every_form(ending, tmp_path):
    content = written(ending)
    path = tmp_path / f"film.{ending}"
    path.write_bytes(content)
    uri = "data:video/mp4;base64," + base64.b64encode(content).decode()
    for given in (path, str(path), content, bytearray(content), io.BytesIO(content), uri):
        frames, count, rate = read(given)
        assert (count, rate) == (9, 6.0)
        np.testing.assert_array_equal(frames, FRAMES)
    np.testing.assert_array_equal(read(path, [0, 4, 4, 8])[0], FRAMES[[0, 4, 4, 8]])


def test_a_file_with_frames_between_others_gives_them_as_they_are_shown():
    place = io.BytesIO()
    with av.open(place, "w", format="mp4") as file:
        stream = file.add_stream("mpeg4", rate=6, options={"qscale": "2", "bf": "2"})
        stream.width, stream.height, stream.pix_fmt = 56, 40, "yuv420p"
        for each in FRAMES:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(each, format="rgb24")))
        file.mux(stream.encode(None))
    frames, count, _ = read(place.getvalue())
    assert count == 9
    apart = np.abs(frames[:, None].astype(float) - FRAMES[None]).mean((2, 3, 4))
    assert apart.argmin(1).tolist() == list(range(9))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return build("qwen3_vl", tmp_path_factory.mktemp("videos"))


@pytest.fixture(scope="module")
def model(folder):
    return SentenceTransformer(folder, backend="reference")


def test_a_file_has_the_vector_of_its_frames_at_its_rate(model, tmp_path):
    path = tmp_path / "film.mkv"
    path.write_bytes(written("mkv"))
    wanted = model.encode([told(FRAMES, 6.0)])[0]
    part = {"type": "video", "video": str(path)}
    for each in (
        str(path),
        path,
        path.read_bytes(),
        {"video": path},
        {"role": "user", "content": [part]},
        {"role": "user", "content": [{"type": "video", "path": path}]},
        {"role": "user", "content": [{"type": "video_url", "video_url": {"url": str(path)}}]},
    ):
        np.testing.assert_array_equal(np.ravel(model.encode([each])), wanted)
    mixed = model.encode(["a", path, FRAMES[0]], batch_size=2)
    np.testing.assert_allclose(mixed[1], wanted, atol=1e-5)
    with pytest.raises(InputError, match="no such file"):
        model.encode(["a", str(tmp_path / "other.mp4")])


ONE = 1 << 16
"""1 in the numbers of a file's header that say how its frames are turned."""


def turned(*matrix: int) -> bytes:
    """The file with another word on turning: a quarter of a matrix, (xx, xy, yx, yy)."""
    content = written("mov")
    at = content.index(b"tkhd") + 44
    xx, xy, yx, yy = (each * ONE for each in matrix)
    return (
        content[:at] + struct.pack(">9i", xx, xy, 0, yx, yy, 0, 0, 0, 1 << 30) + content[at + 36 :]
    )


@pytest.mark.parametrize(
    ("matrix", "seen"),
    [
        ((1, 0, 0, 1), FRAMES),
        ((0, 1, -1, 0), np.rot90(FRAMES, -1, (1, 2))),
        ((-1, 0, 0, -1), FRAMES[:, ::-1, ::-1]),
        ((0, -1, 1, 0), np.rot90(FRAMES, 1, (1, 2))),
        ((-1, 0, 0, 1), FRAMES[:, :, ::-1]),
        ((1, 0, 0, -1), FRAMES[:, ::-1]),
        ((0, 1, 1, 0), FRAMES.transpose(0, 2, 1, 3)),
        ((0, -1, -1, 0), FRAMES.transpose(0, 2, 1, 3)[:, ::-1, ::-1]),
    ],
)
def test_what_a_file_says_of_turning_and_mirroring_is_done(matrix, seen):
    np.testing.assert_array_equal(read(turned(*matrix))[0], seen)


def test_a_file_turned_by_less_than_a_quarter_is_refused():
    with pytest.raises(InputError, match=r"^Input 0 is turned by -?45 degrees"):
        read(turned(1, 1, -1, 1))


def test_the_rate_of_a_file_whose_frames_have_times_of_their_own_is_their_mean():
    """The header of such a file names the unit of time, a thousandth of a second."""
    times = [0, 40, 80, 400, 440, 900, 1000, 1500, 1800]
    with_times = written("mkv", rate=1000, times=times)
    with av.open(io.BytesIO(with_times)) as file:
        assert file.streams.video[0].average_rate == 1000
    _, count, rate = read(with_times)
    assert count == 9
    assert rate == pytest.approx(9 / 1.8, rel=0.01)


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"
LIST = b"ffconcat version 1.0\nfile /etc/hostname\n"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no video"),
        (b"text", "no video"),
        (PLAYLIST, "no video"),
        (LIST, "no video"),
        (written("mov")[:-900], ""),
        (written("avi")[:9000], ""),
        (written("mkv")[:300], ""),
    ],
    ids=["empty", "text", "playlist", "list", "cut mov", "cut avi", "cut mkv"],
)
def test_what_is_no_whole_video_is_refused_by_its_index(content, why, capfd):
    with pytest.raises(InputError, match=f"^Input 0 .*{why}"):
        read({"video": content})
    assert not capfd.readouterr().err


def test_a_file_of_sound_alone_is_none():
    place = io.BytesIO()
    with av.open(place, "w", format="mov") as file:
        stream = file.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.rate = 8000
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    with pytest.raises(InputError, match="without a video"):
        read(place.getvalue())


@pytest.mark.parametrize(
    ("limit", "most", "why"),
    [
        ("FILM_FRAMES", 5, "over 5 frames"),
        ("FILM_SECONDS", 1, "lasts 2 seconds"),
        ("PIXELS", 2000, "56 x 40 pixels"),
        ("DECODING", -1, "takes longer"),
    ],
)
def test_what_is_larger_than_is_read_is_refused(limit, most, why, monkeypatch):
    monkeypatch.setattr(limits, limit, most)
    with pytest.raises(InputError, match=f"^Input 0 .*{why}"):
        read(written("mov"))


def test_more_pixels_than_are_fed_are_refused_before_they_are_made(model, monkeypatch):
    monkeypatch.setattr(limits, "FILM_PIXELS", 1000)
    with pytest.raises(InputError, match=r"Input 0 is fed as .* num_frames"):
        model.encode([written("mov")])


def test_damaged_files_are_errors_or_videos():
    """Bytes are changed at places that the file's length gives; nothing but our error comes out."""
    outcomes = set()
    for ending in CONTAINERS:
        whole = written(ending, FRAMES[:3, :16, :16])
        for place in range(0, len(whole), max(1, len(whole) // 12)):
            spoilt = bytearray(whole)
            spoilt[place] ^= 0xFF
            try:
                outcomes.add(str(read({"video": bytes(spoilt)})[0].dtype))
            except InputError as error:
                outcomes.add(str(error)[:7])
    assert outcomes == {"uint8", "Input 0"}


def test_without_pyav_a_file_is_refused_with_the_command_and_frames_are_read(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(Unsupported, match=r"PyAV.*pip install .*video"):
        model.encode(["a", written("mov")])
    assert np.isfinite(model.encode([told(FRAMES, 6.0)])).all()


def test_no_process_that_reads_frames_from_an_array_imports_pyav(folder):
    code = (
        "import sys, numpy; from isomorph import SentenceTransformer; "
        f"model = SentenceTransformer({str(folder)!r}, backend='reference'); "
        "model.encode(['a', numpy.zeros((4, 24, 24, 3), 'u1')]); print('av' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


@pytest.mark.parametrize(
    ("rule", "total", "rate", "wanted"),
    [
        (Steps(rate=2.0), 30, 8.0, [0, 5, 10, 15, 20, 25]),
        (Steps(rate=2.0), 7, 2.5, [0, 1, 3, 5]),
        (Steps(count=5), 9, None, [0, 2, 4, 6]),
        (Steps(), 5, None, [0, 1, 2, 3, 4]),
        (Spread(rate=2.0), 30, 8.0, [0, 5, 10, 14, 19, 24, 29]),
        (Spread(rate=2.0), 48, None, [0, 16, 31, 47]),
        (Spread(count=3), 2, 1.0, [0, 0, 1]),
        (Spread(), 3, None, [0, 1, 1, 2]),
    ],
)
def test_frames_are_chosen_as_transformers_chooses_them(rule, total, rate, wanted):
    assert rule.chosen(total, rate).tolist() == wanted


def test_an_address_is_fetched_by_the_one_door_where_that_is_allowed(folder):
    asked = []

    def fetch(url):
        asked.append(url)
        return written("mov")

    address = "https://films.example/a.mov"
    given = film(address, 3, fetch)
    assert not asked  # nothing is fetched before it is needed
    with opened(given) as reel:
        np.testing.assert_array_equal(np.stack([*reel.frames(np.arange(9))]), FRAMES)
    assert asked == [address]
    allowed = SentenceTransformer(
        folder, backend="reference", processor_kwargs={"fetch": {"seconds": 5}}
    )
    for host in ("http://films.example/a.mp4", "https://127.0.0.1/a.mp4", "https://[::1]/a.mp4"):
        with pytest.raises(InputError, match="cannot be fetched"):
            allowed.encode(["a", {"video": host}])


@pytest.fixture
def changed(tmp_path):
    """A model whose processor of videos says something else."""

    def make(**changes):
        place = build("qwen3_vl", tmp_path / "changed")
        file = place / "processor_config.json"
        content = json.loads(file.read_text("utf-8"))
        content["video_processor"].update(changes)
        file.write_text(json.dumps(content), "utf-8")
        return SentenceTransformer(place, backend="reference")

    return make


@pytest.mark.parametrize("flag", ["do_normalize", "do_rescale", "do_resize", "do_sample_frames"])
def test_a_step_whose_flag_is_null_is_left_out(flag, changed):
    given = [{"video": {"array": video(9, 48, 64, 2), "video_metadata": {"fps": 3.0}}}]
    name = "pixel_values"
    expected = changed(**{flag: False}).preprocess(given)[name]
    np.testing.assert_array_equal(changed(**{flag: None}).preprocess(given)[name], expected)
    assert not np.array_equal(changed(**{flag: True}).preprocess(given)[name], expected)


@pytest.mark.parametrize(
    ("option", "step"),
    [
        ("image_mean", "do_normalize"),
        ("rescale_factor", "do_rescale"),
        ("resample", "do_resize"),
        ("patch_size", "every image"),
        ("max_frames", "every video"),
    ],
)
def test_what_a_video_needs_is_not_null(option, step, changed):
    with pytest.raises(BadModel, match=f"sets {option}=null, and {step} needs it"):
        changed(**{option: None})
