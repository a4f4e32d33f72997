"""Tiny models of each class, and applications of them."""

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))

from server_asgi import PLACES

from isomorph_server.app import build
from isomorph_server.limits import Limits
from isomorph_server.shelf import Named, Shelf


@pytest.fixture
def places():
    return PLACES


@pytest.fixture
def shelf_of():
    """A shelf of some of the models, by name."""

    def make(*names, clock=None, **limits):
        named = [Named(name, str(PLACES[name])) for name in names]
        more = {} if clock is None else {"clock": clock}
        return Shelf(named, Limits(**limits), backend="reference", **more)

    return make


@pytest.fixture
def app_of(shelf_of):
    """An application of some of the models, by name."""

    def make(*names, keys=(), on_demand=False, origins=(), **limits):
        shelf = shelf_of(*names, **limits)
        return build(shelf, Limits(**limits), keys=keys, on_demand=on_demand, origins=origins)

    return make
