"""The resolver, used as a user does."""

import numpy as np
import pytest

from isomorph import SentenceTransformer
from isomorph.errors import ModelNotFound
from isomorph.testing.models import write
from isomorph_template.plugin import VARIABLE


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    return write("static", tmp_path / "mine")


def test_a_name_of_the_scheme_is_the_model(folder):
    found = SentenceTransformer("template:mine").encode("a text")
    np.testing.assert_array_equal(found, SentenceTransformer(folder).encode("a text"))


def test_a_name_that_is_not_there_is_one_error_with_those_that_are(folder):
    with pytest.raises(ModelNotFound, match=r"'yours'.*there are: mine"):
        SentenceTransformer("template:yours")
