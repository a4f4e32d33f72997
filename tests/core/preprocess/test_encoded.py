"""The arrays that a batch of texts becomes."""

from __future__ import annotations

import numpy as np

from isomorph.preprocess.encoded import Encoded
from isomorph.preprocess.text import Text


def encoded(*rows, prompt_length=0, text=Text()):  # noqa: B008  # a frozen value
    ids = tuple(np.array(row, np.int64) for row in rows)
    lengths = np.array([len(row) for row in rows], np.int64)
    return Encoded(ids, lengths, lengths, prompt_length, text=text)


def test_padded_feeds():
    made = encoded([5], [6, 7, 8], text=Text(pad_id=9)).feeds((1, 0), 3, 0, ("input_ids",))
    assert made["input_ids"].tolist() == [[6, 7, 8], [5, 9, 9]]
    assert made["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
    assert "token_type_ids" not in made


def test_feeds_padded_on_the_left():
    text = Text(padding_side="left")
    made = encoded([5], [], text=text).feeds((0, 1), 3, 0, ("token_type_ids", "prompt_length"))
    assert made["input_ids"].tolist() == [[0, 0, 5], [0, 0, 0]]
    assert made["attention_mask"].tolist() == [[0, 0, 1], [0, 0, 0]]
    assert made["token_type_ids"].tolist() == [[0, 0, 0], [0, 0, 0]]
    assert made["prompt_length"].tolist() == [0, 0]


def test_ragged_feeds():
    made = encoded([5], [], [6, 7]).feeds((2, 0, 1), 2, 0, ("input_ids", "offsets"))
    assert made["input_ids"].tolist() == [6, 7, 5]
    assert made["offsets"].tolist() == [0, 2, 3]
    assert {array.dtype for array in made.values()} == {np.dtype(np.int64)}


def test_blank_rows_have_no_masked_token():
    ids = np.array([5, 6], np.int64)
    two = np.array([2])
    texts = Encoded((ids,), two, two, prompted=1, text=Text(pad_id=9))
    made = texts.feeds((0,), 3, 1, ("prompt_length",))
    assert made["input_ids"].tolist() == [[5, 6, 9], [9, 9, 9]]
    assert made["attention_mask"].tolist() == [[1, 1, 0], [1, 1, 1]]
    assert made["prompt_length"].tolist() == [1, 1]
