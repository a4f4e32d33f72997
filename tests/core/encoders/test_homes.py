"""The file of a family is called as its ``model_type``, so that one import finds it."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import pytest

from isomorph.encoders.homes import Home

PACKAGES = [
    f"isomorph.encoders.{name}"
    for name in (
        "families",
        "seeing.families",
        "vision.families",
        "hearing.families",
        "hearing.towers",
    )
]
FILES = [
    (package, each.name)
    for package in PACKAGES
    for each in iter_modules(import_module(package).__path__)
]


@pytest.mark.parametrize(("package", "file"), FILES)
def test_a_family_is_found_in_the_file_of_its_name(package, file):
    family = import_module(f"{package}.{file}").FAMILY
    assert family.model_type.replace("-", "_") == file
    assert Home(package).find(family.model_type) is family


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize(
    "name", ["", "__init__", "xlm_roberta", "..bert", "no_such", None, 5, ["bert"], {"a": "bert"}]
)
def test_any_other_name_finds_none(package, name):
    assert Home(package).find(name) is None


def test_all_are_there_by_their_names():
    found = Home(PACKAGES[0]).all
    assert len(found) == sum(package == PACKAGES[0] for package, _ in FILES)
    assert all(name == family.model_type for name, family in found.items())
