"""A text's vector does not depend on what it is encoded together with."""

from __future__ import annotations

import random

import numpy as np
import pytest

from .recorded import REAL, load
from .texts import PROBES

TEXTS = [text for text in PROBES.values() if len(text) < 120] + [
    PROBES[name] for name in ("tokens_63", "tokens_254", "tokens_255", "word_of_5000")
]
TOLERANCE = 1e-6


@pytest.fixture
def alone(backend):
    return _alone(backend)


_known: dict[str, np.ndarray] = {}


def _alone(backend):
    if backend not in _known:
        _known[backend] = load(REAL, backend).encode(TEXTS, batch_size=1)
    return _known[backend]


@pytest.mark.parametrize("batch_size", [7, 32, None])
def test_batch_size_changes_nothing(backend, alone, batch_size):
    got = load(REAL, backend).encode(TEXTS, batch_size=batch_size)
    np.testing.assert_allclose(got, alone, rtol=0, atol=TOLERANCE)


def test_order_changes_nothing(backend, alone):
    order = list(range(len(TEXTS)))
    random.Random(7).shuffle(order)
    got = load(REAL, backend).encode([TEXTS[i] for i in order])
    np.testing.assert_allclose(got, alone[order], rtol=0, atol=TOLERANCE)


def test_duplicates_are_the_same(backend, alone):
    picked = [i for i in range(0, len(TEXTS), 3) for _ in range(3)]
    got = load(REAL, backend).encode([TEXTS[i] for i in picked])
    np.testing.assert_allclose(got, alone[picked], rtol=0, atol=TOLERANCE)
    rows = got.reshape(-1, 3, got.shape[1])
    np.testing.assert_allclose(rows, rows[:, :1].repeat(3, axis=1), rtol=0, atol=TOLERANCE)


def test_a_single_text_is_a_row_of_the_batch(backend, alone):
    got = load(REAL, backend).encode(TEXTS[10])
    np.testing.assert_allclose(got, alone[10], rtol=0, atol=TOLERANCE)
