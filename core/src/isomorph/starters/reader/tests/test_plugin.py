"""The format, used as a user does: the same modules, listed in the file of this format."""

import json

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.errors import BadModel
from isomorph.testing.models import write


@pytest.fixture
def folder(tmp_path):
    return write("static", tmp_path / "model")


def test_a_folder_of_this_format_gives_the_same_vectors(folder):
    expected = SentenceTransformer(folder).encode(["one", "two words"])
    entries = json.loads((folder / "modules.json").read_text("utf-8"))
    lines = [f"{entry['type'].rpartition('.')[2]} {entry['path']}" for entry in entries]
    (folder / "modules.json").unlink()
    (folder / "template.txt").write_text("\n".join(lines), "utf-8")
    vectors = SentenceTransformer(folder).encode(["one", "two words"])
    np.testing.assert_array_equal(vectors, expected)


def test_a_broken_folder_is_one_error_that_names_the_line(folder):
    (folder / "template.txt").write_text("StaticEmbedding\n\n", "utf-8")
    with pytest.raises(BadModel, match="line 2"):
        SentenceTransformer(folder)
