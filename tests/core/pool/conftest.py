"""Models with pools of two workers; a pool is shared where nothing in it is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder

PARITY = Path(__file__).parents[2] / "parity"
LOADERS = {
    SentenceTransformer: PARITY / "models" / "prompts-default",
    SparseEncoder: PARITY / "sparse" / "models" / "splade-max",
    CrossEncoder: PARITY / "cross_encoders" / "models" / "bert-typed",
    MultiVectorEncoder: PARITY / "multi_vector" / "models" / "lengths",
}
WORDS = ("river", "small", "stones", "the", "carries", "a")
TEXTS = [
    " ".join(word for bit, word in enumerate(WORDS) if number >> bit & 1) for number in range(1, 41)
]
LONG = "river " * 200
TWO = ["cpu", "cpu"]


@pytest.fixture(scope="module")
def model():
    return SentenceTransformer(LOADERS[SentenceTransformer], backend="reference")


@pytest.fixture(scope="module")
def pool(model):
    with model.start_multi_process_pool(TWO) as started:
        yield started
