"""A model, a cache folder of its own, and choices that are kept there."""

from __future__ import annotations

import pytest
from tests.core.pool.conftest import LOADERS

from isomorph import SentenceTransformer, installed
from isomorph.plugins.reading import read_model
from isomorph.runtime.selection import BACKEND_VARIABLE, PREFER_VARIABLE
from isomorph.tuned.choice import Choice, Setting
from isomorph.tuned.kept import keep
from isomorph.tuned.key import key_of
from isomorph.tuned.look_up import VARIABLE

SETTING = Setting(lanes=1, threads=1, tokens=128, latency=False)


@pytest.fixture
def place():
    """The folder of a small model of texts."""
    return LOADERS[SentenceTransformer]


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache folder where nothing is kept yet, and nothing said in variables."""
    for name in (VARIABLE, BACKEND_VARIABLE, PREFER_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ISOMORPH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def chosen():
    """Makes a choice of the numpy reference, which no order takes by itself where an engine runs."""

    def make(**changes):
        fallback = next(info.name for info in installed().infos if info.fallback)
        what = {
            "backend": fallback,
            "device": "cpu",
            "wished": False,
            "setting": SETTING,
            "day": "2026-11-29",
            "why": "a test wants it",
        }
        return Choice(**{**what, **changes})

    return make


@pytest.fixture
def kept(place, chosen):
    """Keeps a choice of the reference for the model; gives the file."""
    choice = chosen()
    return keep(key_of(read_model(place)), choice, installed(), [choice.backend])
