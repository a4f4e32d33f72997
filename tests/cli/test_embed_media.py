"""``isomorph embed --images`` and ``--audio``: the files of a folder or a pattern, in the order of names."""

import json
import shutil
import wave

import av
import numpy as np
import pytest
from PIL import Image
from tests.parity.films import video
from tests.parity.mingled_models import build as build_mingled
from tests.parity.tower_models import build, pictures

from isomorph import SentenceTransformer
from isomorph.testing.tiny_sounds import RATE, sounds, write_sounds


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return build("clip", tmp_path_factory.mktemp("clip"))


@pytest.fixture
def photos(tmp_path):
    place = tmp_path / "photos"
    (place / "inside").mkdir(parents=True)
    for name, pixels in zip(("b.png", "a.PNG", "inside/c d.png"), pictures(), strict=False):
        Image.fromarray(pixels).save(place / name)
    (place / "notes.txt").write_text("no image")
    return place


def test_a_folder_is_embedded_in_the_order_of_names(isomorph, clip, photos, tmp_path):
    out = tmp_path / "x.npy"
    done = isomorph("embed", photos, "--images", "-m", clip, "-b", "reference", "-o", out)
    assert done.exit_code == 0, done.output
    assert "3 vectors" in done.stderr
    model = SentenceTransformer(clip, backend="reference")
    first, second, third = pictures()[:3]
    np.testing.assert_allclose(np.load(out), model.encode([second, first, third]), atol=1e-5)


def test_a_pattern_names_files(isomorph, clip, photos, tmp_path):
    out = tmp_path / "x.jsonl"
    pattern = photos / "*.png"
    done = isomorph("embed", pattern, "--images", "-m", clip, "-b", "reference", "-o", out)
    assert done.exit_code == 0, done.output
    assert len(out.read_text().splitlines()) == 1 + (photos / "A.PNG").exists()


def test_an_image_that_cannot_be_read_is_named(isomorph, clip, photos, tmp_path):
    (photos / "broken.jpg").write_bytes(b"no image")
    out = tmp_path / "x.npy"
    done = isomorph("embed", photos, "--images", "-m", clip, "-b", "reference", "-o", out)
    assert done.exit_code != 0
    assert "broken.jpg" in done.stderr
    assert "no image that can be read" in done.stderr.replace("\n", " ")
    assert not out.exists()


@pytest.mark.parametrize("place", ["nothing/here", "nothing/*.png"])
def test_no_images_are_said_before_a_model_is_loaded(isomorph, tmp_path, place):
    where = tmp_path / place
    done = isomorph("embed", where, "--images", "-m", "no/model", "-o", tmp_path / "x.npy")
    assert done.exit_code != 0
    assert "There are no images" in done.stderr


@pytest.fixture
def spoilt(photos):
    """The photos, and one that cannot be read between them."""
    (photos / "b a.png").write_bytes(b"no image")
    return photos


def names(folder):
    return [str(folder / name) for name in ("a.PNG", "b a.png", "b.png", "inside/c d.png")]


def test_a_bad_image_is_a_row_of_nan_with_its_path_and_reason(isomorph, clip, spoilt, tmp_path):
    first, second, third = pictures()[:3]
    wanted = SentenceTransformer(clip, backend="reference").encode([second, first, third])
    asked = ("embed", spoilt, "--images", "-m", clip, "-b", "reference", "--on-bad-input", "nan")
    for ending in ("npy", "jsonl", "parquet"):
        out = tmp_path / f"x.{ending}"
        done = isomorph(*asked, "-o", out)
        assert done.exit_code == 0, done.output
        assert "4 vectors" in done.stderr
        assert "1 of them NaN" in done.stderr
        assert not (tmp_path / f"x.{ending}.part.errors").exists()
    rows = np.load(tmp_path / "x.npy")
    assert np.isnan(rows).any(1).tolist() == [False, True, False, False]
    np.testing.assert_allclose(rows[[0, 2, 3]], wanted, atol=1e-5)
    lines = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text().splitlines()]
    assert [line["path"] for line in lines] == names(spoilt)
    assert lines[1]["embedding"] is None
    assert [("error" in line) for line in lines] == [False, True, False, False]
    table = pytest.importorskip("pyarrow.parquet").read_table(tmp_path / "x.parquet").to_pydict()
    assert table["path"] == names(spoilt)
    assert [bool(each) for each in table["error"]] == [False, True, False, False]
    assert "no image that can be read" in table["error"][1]
    np.testing.assert_allclose(table["embedding"][3], wanted[2], atol=1e-5)


def test_an_interrupted_run_keeps_its_reasons(isomorph, clip, spoilt, tmp_path, monkeypatch):
    monkeypatch.setattr("isomorph.cli.lines.WINDOW_LINES", 2)
    monkeypatch.setattr("isomorph.cli.lines.windows.__defaults__", (2, 1 << 20, 1))
    out = tmp_path / "x.jsonl"
    asked = ("embed", spoilt, "--images", "-m", clip, "-b", "reference", "--on-bad-input", "nan")
    with monkeypatch.context() as patch:
        patch.setattr("isomorph.cli.writers.JsonLinesWriter.publish", _interrupted)
        assert isomorph(*asked, "-o", out).exit_code != 0
    with (tmp_path / "x.jsonl.part.errors").open("a") as stream:
        stream.write('[9, "of a window that the journal does not know"]\n[1')
    done = isomorph(*asked, "-o", out, "--resume")
    assert done.exit_code == 0, done.output
    assert "1 of them NaN" in done.stderr
    assert "error" in json.loads(out.read_text().splitlines()[1])
    assert not (tmp_path / "x.jsonl.part.errors").exists()


def _interrupted(*_):
    raise KeyboardInterrupt


def test_sounds_are_embedded_in_the_order_of_names(isomorph, tmp_path):
    folder = write_sounds(sounds()[0], tmp_path / "model")
    model = SentenceTransformer(folder, backend="reference")
    waves = [np.random.default_rng(seed).integers(-9000, 9000, 4000, np.int16) for seed in (0, 1)]
    (tmp_path / "sounds").mkdir()
    for name, samples in zip(("b.wav", "a.WAV"), waves, strict=True):
        with wave.open(str(tmp_path / "sounds" / name), "wb") as file:
            file.setparams((1, 2, RATE, 0, "NONE", ""))
            file.writeframes(samples.tobytes())
    out = tmp_path / "x.npy"
    done = isomorph(
        "embed", tmp_path / "sounds", "--audio", "-m", folder, "-b", "reference", "-o", out
    )
    assert done.exit_code == 0, done.output
    np.testing.assert_allclose(np.load(out), model.encode(waves[::-1]), atol=1e-5)
    (tmp_path / "sounds" / "broken.wav").write_bytes(b"RIFF no sound")
    done = isomorph(
        "embed", tmp_path / "sounds", "--audio", "-m", folder, "-b", "reference", "-o", out
    )
    assert done.exit_code != 0
    assert "broken.wav" in done.stderr
    shutil.rmtree(tmp_path / "sounds")
    done = isomorph("embed", tmp_path / "sounds", "--audio", "-m", "no/model", "-o", out)
    assert "There are no sounds" in done.stderr
    done = isomorph("embed", tmp_path, "--audio", "--images", "-m", "no/model", "-o", out)
    assert "2 kinds of files" in done.stderr


def test_videos_are_embedded_in_the_order_of_names(isomorph, tmp_path):
    folder = build_mingled("qwen2_vl", tmp_path / "model")
    (tmp_path / "films").mkdir()
    for name, seed in (("b.avi", 0), ("a.AVI", 1)):
        place = tmp_path / "films" / name
        with av.open(place, "w", format="avi") as file:
            stream = file.add_stream("rawvideo", rate=6)
            stream.width, stream.height, stream.pix_fmt = 32, 16, "bgr24"
            for each in video(4, 16, 32, seed):
                file.mux(stream.encode(av.VideoFrame.from_ndarray(each[..., ::-1], format="bgr24")))
            file.mux(stream.encode(None))
    (tmp_path / "films" / "c.avi").write_bytes(b"no film")
    out = tmp_path / "x.npy"
    asked = ("embed", tmp_path / "films", "--videos", "-m", folder, "-b", "reference", "-o", out)
    done = isomorph(*asked, "--on-bad-input", "nan")
    assert done.exit_code == 0, done.output
    found = np.load(out)
    wanted = SentenceTransformer(folder, backend="reference").encode(
        [video(4, 16, 32, 1), video(4, 16, 32, 0)]
    )
    np.testing.assert_allclose(found[:2], wanted, atol=1e-5)
    assert np.isnan(found[2]).all()
