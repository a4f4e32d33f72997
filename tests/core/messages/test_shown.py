"""A value looks short in a message, whatever it is."""

from __future__ import annotations

import pytest

from isomorph.messages.shown import WIDTH, path_shown, shown


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


def test_of_a_long_path_the_end_is_shown():
    """The names of files stand there, and what is before is the same for all of a folder."""
    assert path_shown("/a/b.png") == "'/a/b.png'"
    found = path_shown("/folder" * 40 + "/photo-17.jpg")
    assert len(found) <= 2 * WIDTH
    assert found.startswith("'...")
    assert found.endswith("/photo-17.jpg'")
