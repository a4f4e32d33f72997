"""Vocabulary files alone give 2,000 texts the ids that ``record_wide.py`` recorded."""

from __future__ import annotations

import json

import pytest

from isomorph.files.folder import Folder
from isomorph.preprocess.text import Text
from isomorph.preprocess.tokenize import TextEncoder

from .recorded import HERE
from .wide_texts import BLOCK, sums_of, unlike, wide_texts

SUMS = json.loads((HERE / "tokenizers" / "sums.json").read_text("utf-8"))
TEXTS = wide_texts()


def ids(name):
    encoder = TextEncoder(Text(folder=Folder(HERE / name)))
    return [row.tolist() for row in encoder.encode(TEXTS, None).ids]


@pytest.mark.parametrize("name", SUMS)
def test_ids_of_two_thousand_texts_are_the_recorded_ones(name):
    blocks = unlike(ids(name), SUMS[name])
    assert not blocks, [TEXTS[block * BLOCK : (block + 1) * BLOCK] for block in blocks[:2]]


def test_the_sum_of_a_block_tells_one_other_id():
    rows = [[number, number + 1] for number in range(100)]
    assert unlike(rows, sums_of(rows)) == []
    rows[57] = [57, 57]
    assert unlike(rows, sums_of([[number, number + 1] for number in range(100)])) == [57 // BLOCK]
