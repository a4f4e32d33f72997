"""Libraries that few need: one message where one is missing, another where one does not work."""

import sys

import pytest

from isomorph.errors import Unsupported
from isomorph.machine.optional import Library

NEED = "Painting needs brushes"


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A library whose code is given, installed until the end of the test."""

    def make(code, inner=""):
        folder = tmp_path / "brushes"
        folder.mkdir()
        (folder / "__init__.py").write_text(code)
        (folder / "fine.py").write_text(inner)
        monkeypatch.syspath_prepend(tmp_path)
        return Library("brushes", NEED, "isomorph-acme-brushes", "Or draw.")

    yield make
    for name in [name for name in sys.modules if name.partition(".")[0] == "brushes"]:
        del sys.modules[name]


def test_a_library_that_works(library):
    found = library("hair = 3", "hair = 1")
    assert found.is_there
    found.refuse_without()
    assert "brushes" not in sys.modules, "nothing is imported for the answer"
    assert found.module().hair == 3
    assert found.module("fine").hair == 1


@pytest.mark.parametrize("ask", [Library.refuse_without, Library.module])
@pytest.mark.parametrize("blocked", [False, True])
def test_one_that_is_not_installed(ask, blocked, monkeypatch):
    if blocked:
        monkeypatch.setitem(sys.modules, "no_such_brushes", None)
    missing = Library("no_such_brushes", NEED)
    assert not missing.is_there
    with pytest.raises(Unsupported) as caught:
        ask(missing)
    said = f"{NEED}, which is not installed. Run: pip install no_such_brushes"
    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import no_such_handle", "ModuleNotFoundError: No module named 'no_such_handle'"),
        ("raise ImportError('undefined symbol: hair')", "ImportError: undefined symbol: hair"),
        ("raise OSError('libhair.so: cannot open')", "OSError: libhair.so: cannot open"),
    ],
)
def test_one_that_is_installed_and_does_not_import(code, why, library):
    """To install it again without saying so would change nothing."""
    broken = library(code)
    broken.refuse_without()
    with pytest.raises(Unsupported) as caught:
        broken.module()
    command = "pip install --force-reinstall isomorph-acme-brushes"
    assert str(caught.value) == f"{NEED}, which does not import ({why}). Run: {command} Or draw."
