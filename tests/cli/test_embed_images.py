"""``isomorph embed --images``: the images of a folder or a pattern, in the order of their names."""

import numpy as np
import pytest
from PIL import Image
from tests.parity.tower_models import build, pictures

from isomorph import SentenceTransformer


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
