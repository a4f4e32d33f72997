"""A value looks short in a message, whatever it is."""

from __future__ import annotations

import pytest

from isomorph.messages.shown import WIDTH, shown


class Odd:
    def __repr__(self):
        raise ValueError


@pytest.mark.parametrize(
    "value",
    ["x" * 10**6, list(range(10**6)), {i: i for i in range(10**5)}, 10**300, 10**5000, Odd()],
    ids=["text", "list", "mapping", "number", "unprintable", "odd"],
)
def test_messages_stay_short(value):
    assert 0 < len(shown(value)) <= WIDTH


def test_what_is_short_is_shown_as_python_prints_it():
    assert shown(["a", 1]) == "['a', 1]"
