"""The table of the API is up to date, and what it says to be covered is there, documented and tested."""

from __future__ import annotations

import re

import pytest

from . import tests_of
from .introspect import Found, look
from .name import Name
from .names import names
from .table import PAGE, page, state

NAMES = names()


def test_the_page_is_as_generated():
    assert PAGE.read_text("utf-8") == page(), "run: make docs"


@pytest.mark.parametrize("name", NAMES, ids=lambda n: f"{n.owner}.{n.name}")
def test_what_is_covered_is_there_documented_and_tested(name):
    found = look(name)
    if name.pending and not found.there:
        return  # the page says so
    assert found.there != bool(name.refused and name.owner)
    assert tests_of.test_of(name), f"no test {name.test or name.name!r}"
    if name.refused or not name.owner:
        return
    assert re.search(r"\w.*\.(\s|$)", found.documentation), "no sentence about it"
    lacking = {each for each in name.arguments if each not in found.taken}
    assert name.pending or not lacking
    assert set(name.arguments) - found.described <= lacking


@pytest.mark.parametrize(
    ("name", "there"),
    [
        (Name("isomorph.SentenceTransformer", "encode"), True),
        (Name("isomorph.SentenceTransformer", "no_such"), False),
        (Name("isomorph.CrossEncoder", "num_labels"), True),
        (Name("isomorph.util", "no_such"), False),
    ],
)
def test_what_is_not_there_is_seen(name, there):
    assert look(name).there == there


def test_an_argument_that_is_not_taken_is_seen():
    name = Name("isomorph.SentenceTransformer", "encode", ("inputs", "no_such"))
    assert state(name) == "covered but for `no_such`"
    assert "no_such" not in look(name).described


def test_a_test_that_is_not_there_is_seen():
    assert not tests_of.test_of(Name("", "", test="core/models/test_familiar.py::test_no_such"))
    assert tests_of.test_of(Name("", "", test=next(iter(tests_of.tests()))))
    assert look(Name("", "a behaviour")) == Found(True, "A behaviour.")
