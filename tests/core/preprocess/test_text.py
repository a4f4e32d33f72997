"""What a chain says of its texts."""

from __future__ import annotations

import pytest

from isomorph.preprocess.text import A_TEXT, A_TOKEN, Text
from isomorph.program import VALUES


def test_costs_are_what_is_read():
    assert Text().cost("abc") == A_TEXT + 3
    assert Text().cost(("abc", "de"), 512) == A_TEXT + 5
    assert Text().cost("x" * 10_000, 8) == A_TEXT + 8 * A_TOKEN


def test_ids_are_a_matrix_unless_the_chain_reads_rows_end_to_end():
    assert Text().feeds(["input_ids", "no_such"]) == {"input_ids": VALUES["input_ids"]}
    ragged = Text().feeds(["input_ids", "offsets"])
    assert {name: feed.axes for name, feed in ragged.items()} == {
        "input_ids": ("tokens",),
        "offsets": ("rows",),
    }


def test_the_users_word_sets_the_field_of_its_name():
    assert Text(max_length=9).changed({"model_max_length": 5}) == Text(max_length=5)
    assert set(Text().options) >= {"padding_side", "add_eos_token"}


@pytest.mark.parametrize("length", [0, 1, 30])
def test_a_sample_has_as_many_words_and_is_the_same_for_a_seed(length):
    texts = Text()
    assert len(texts.sample(length, 3).split()) == length
    assert texts.sample(length, 3) == texts.sample(length, 3)
