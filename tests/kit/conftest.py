"""The models of the catalogue, written and read once for all tests about them."""

import pytest

from isomorph.plugins.reading import read_model
from isomorph.testing.models import write
from isomorph.testing.recipes import CATALOGUE


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    """All of them by name."""
    folder = tmp_path_factory.mktemp("catalogue")
    return {name: read_model(write(name, folder / name)) for name in CATALOGUE}
