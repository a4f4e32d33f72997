"""Kinds of values, as JSON makes them."""

from __future__ import annotations

import pytest

from isomorph.errors import BadModel
from isomorph.files.schema import (
    FLAG,
    NULL,
    NUMBER,
    OBJECT,
    TEXT,
    Either,
    ListOf,
    MapOf,
    Number,
    OneOf,
    Whole,
    judge,
    maybe,
)

VALUES = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2.0,
    0.5,
    float("nan"),
    float("inf"),
    10**400,
    "",
    "a",
    [],
    {},
]


@pytest.mark.parametrize(
    ("kind", "admitted"),
    [
        (Whole(0, 5), [0, 1]),
        (Whole(-1, 0), [0, -1]),
        (Number(0, 1), [1, 0.5]),
        (Number(0, 2, closed=True), [0, 1, 2.0, 0.5]),
        (NUMBER, [0, 1, -1, 2.0, 0.5]),
        (FLAG, [True, False]),
        (TEXT, ["", "a"]),
        (OneOf(("a", "b")), ["a"]),
        (NULL, [None]),
        (OBJECT, [{}]),
        (maybe(TEXT), [None, "", "a"]),
        (Either((FLAG, Whole(1, 1))), [True, False, 1]),
        (ListOf(TEXT), [[]]),
        (ListOf(TEXT, least=1), []),
        (MapOf(TEXT), [{}]),
    ],
    ids=str,
)
def test_what_each_kind_admits(kind, admitted):
    found = [value for value in VALUES if kind.admits(value)]
    assert list(map(repr, found)) == list(map(repr, admitted))


def test_lists_and_objects_are_judged_by_what_they_hold():
    assert ListOf(Whole(0, 9), most=2).admits([1, 2])
    assert not ListOf(Whole(0, 9), most=2).admits([1, 2, 3])
    assert not ListOf(Whole(0, 9)).admits([1, True])
    assert MapOf(TEXT).admits({"a": "b"})
    assert not MapOf(TEXT).admits({"a": 5})
    assert not MapOf(TEXT, least=1).admits({})


def test_the_error_names_file_key_value_and_kind():
    said = r"the file sets a='x{10,60}\.\.\., which must be a whole number from 0 to 5\."
    with pytest.raises(BadModel, match=said):
        judge({"a": "x" * 10**6}, {"a": Whole(0, 5)}, "the file")


def test_needed_keys_may_have_older_names():
    judge({"older": 1}, {}, "the file", needed=(("newer", "older"),))
    with pytest.raises(
        BadModel, match=r"does not set newer or an older name of it\. It sets nothing\."
    ):
        judge({}, {}, "the file", needed=(("newer", "older"),))
    with pytest.raises(BadModel, match=r"does not set newer. It sets \['a'\]"):
        judge({"a": 1}, {}, "the file", needed=("newer",))
