"""deterministic=True: equal bits whatever the batch, its order, its neighbours and the threads."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder
from isomorph.machine.cpu import THREADS_VARIABLE

PARITY = Path(__file__).parents[2] / "parity"
WORDS = "the river carries small stones from a high valley to the sea".split()


def some_texts(count):
    chosen = random.Random(7)
    lengths = [chosen.choice([0, 1, 3, 8, 12, 15, 30]) for _ in range(count)]
    return [" ".join(chosen.choices(WORDS, k=length)) for length in lengths]


TEXTS = some_texts(30)


@pytest.fixture(
    params=[
        "long-chain",
        "bert-lasttoken",
        "prompts-left-padded",
        "roberta-mean-normalize",
        "static",
    ]
)
def name(request):
    return request.param


def test_order_neighbours_and_threads_change_no_bit(backend, name, monkeypatch):
    found = {}
    for threads in ("1", "2"):
        monkeypatch.setenv(THREADS_VARIABLE, threads)
        with SentenceTransformer(PARITY / "models" / name, backend=backend) as model:
            found[threads] = model.encode(TEXTS, deterministic=True)
            order = list(range(len(TEXTS)))
            random.Random(threads).shuffle(order)
            some = order[:17]
            again = model.encode([TEXTS[i] for i in some], deterministic=True, batch_size=5)
            alone = [model.encode(TEXTS[i], deterministic=True) for i in order[:6]]
            np.testing.assert_allclose(found[threads], model.encode(TEXTS), rtol=0, atol=1e-5)
        np.testing.assert_array_equal(again, found[threads][some])
        np.testing.assert_array_equal(np.stack(alone), found[threads][order[:6]])
    np.testing.assert_array_equal(found["1"], found["2"])


def test_other_kinds_of_models(backend):
    pairs = [(one, other) for one in TEXTS[:4] for other in TEXTS[:4]]
    with CrossEncoder(
        PARITY / "cross_encoders" / "models" / "bert-typed", backend=backend
    ) as model:
        scores = model.predict(pairs, deterministic=True)
        backwards = model.predict(pairs[::-1], deterministic=True)
        np.testing.assert_array_equal(scores[::-1], backwards)
    with SparseEncoder(PARITY / "sparse" / "models" / "splade-max", backend=backend) as model:
        options = {"deterministic": True, "convert_to_sparse_tensor": False}
        weights = model.encode(TEXTS, **options)
        np.testing.assert_array_equal(weights[::-1], model.encode(TEXTS[::-1], **options))
    with MultiVectorEncoder(PARITY / "multi_vector" / "models" / "fixed", backend=backend) as model:
        matrices = model.encode(TEXTS, deterministic=True)
        backwards = model.encode(TEXTS[::-1], deterministic=True)
        for one, other in zip(matrices, backwards[::-1], strict=True):
            np.testing.assert_array_equal(one, other)
