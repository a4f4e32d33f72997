"""Vocabularies without ``tokenizer.json`` give the ids of transformers; see ``record_vocabularies.py``."""

from __future__ import annotations

import json

import pytest

from isomorph.files.folder import Folder
from isomorph.preprocess.pairs import PairEncoder
from isomorph.preprocess.text import Text
from isomorph.preprocess.tokenize import TextEncoder

from .recorded import HERE

FOLDER = HERE / "vocabularies"
EXPECTED = json.loads((FOLDER / "expected.json").read_text("utf-8"))


@pytest.fixture(params=EXPECTED["folders"])
def name(request):
    return request.param


@pytest.fixture
def encoder(name):
    return TextEncoder(Text(folder=Folder(FOLDER / name), token_types=True))


def test_ids_are_the_recorded_ones(encoder, name):
    rows = encoder.encode(EXPECTED["texts"], None).ids
    for text, row, wanted in zip(
        EXPECTED["texts"], rows, EXPECTED["folders"][name]["ids"], strict=True
    ):
        assert row.tolist() == wanted, text


def test_pairs_are_the_recorded_ones(encoder, name):
    encoded = PairEncoder(encoder).encode([("the sea", "a river")], None)
    assert encoded.types is not None
    found = [encoded.ids[0].tolist(), encoded.types[0].tolist()]
    assert found == EXPECTED["folders"][name]["pair"]


def test_deberta_reads_the_map_of_characters_that_transformers_leaves_out():
    encoder = TextEncoder(Text(folder=Folder(FOLDER / "deberta-v2")))
    for text, wanted in EXPECTED["deberta"].items():
        spelt = text.replace("fi", "ﬁ").replace("1", "①").replace("A", "Ａ")
        rows = encoder.encode([text, spelt], None).ids
        assert [row.tolist() for row in rows] == [wanted, wanted]
