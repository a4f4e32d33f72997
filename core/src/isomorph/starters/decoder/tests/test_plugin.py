"""The form of images, used as a user does: a file of it is the image that is in it."""

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.errors import InputError
from isomorph.testing.models import write


@pytest.fixture
def model(tmp_path):
    """A tiny model that sees."""
    return SentenceTransformer(write("clip-image", tmp_path / "model"), backend="reference")


def test_a_file_gives_the_vector_of_its_image(model, tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    with (tmp_path / "image.template").open("wb") as stream:
        np.save(stream, image)
    found = model.encode(str(tmp_path / "image.template"))
    np.testing.assert_array_equal(found, model.encode(image))


def test_a_damaged_file_is_one_error_that_names_the_plugin(model, tmp_path):
    (tmp_path / "image.template").write_bytes(b"damaged")
    with pytest.raises(InputError, match="'template'"):
        model.encode(str(tmp_path / "image.template"))
