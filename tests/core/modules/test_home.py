"""Core's kinds are found by the names of their files, one file at a time."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from isomorph.modules import home
from isomorph.testing.models import write

FOUND = """
import json, sys
from isomorph import SentenceTransformer
SentenceTransformer(sys.argv[1], backend="reference")
print(json.dumps([each for each in sys.argv[2:] if f"isomorph.modules.{each}" in sys.modules]))
"""


@pytest.mark.parametrize("kind", home.kinds(), ids=lambda kind: kind.name)
def test_a_kind_is_found_by_its_name_and_by_each_of_its_classes(kind):
    assert home.kind_named(kind.name) is kind
    assert all(home.kind_of_class(each) is kind for each in kind.classes)


@pytest.mark.parametrize("name", ["", "types", "home", "media", "their.Own", "a.b.Pooling", "../x"])
def test_what_is_no_kind_of_core_s_is_none(name):
    assert home.kind_named(name) is None
    assert home.kind_of_class(name) is None


def test_names_are_no_classes_and_classes_no_names():
    for kind in home.kinds():
        assert home.kind_of_class(kind.name) is None
        assert not any(home.kind_named(each) for each in kind.classes)


def test_a_model_imports_the_kinds_that_it_has_and_no_others(tmp_path):
    folder = write("bert", tmp_path)
    kinds = sorted(kind.name for kind in home.kinds() if kind.classes)
    command = [sys.executable, "-c", FOUND, str(folder), *kinds]
    done = subprocess.run(command, capture_output=True, check=True)
    assert json.loads(done.stdout) == ["pooling", "transformer"]
