"""Token pooling of vectors that were computed before: lists, padded arrays, tensors of others."""

import numpy as np
import pytest

from isomorph import HierarchicalTokenPooling, LambdaTokenPooling
from isomorph.errors import InputError

POOLING = HierarchicalTokenPooling(2.0)
FIRST = LambdaTokenPooling(lambda rows: rows[:1], tasks=["query", "document"])


@pytest.fixture
def texts():
    random = np.random.default_rng(0)
    return [random.normal(size=(n, 4)).astype(np.float32) for n in (5, 1, 8)]


def padded(texts, side="right"):
    made = np.zeros((len(texts), max(map(len, texts)), 4), np.float32)
    for row, text in zip(made, texts, strict=True):
        row[slice(len(text)) if side == "right" else slice(len(row) - len(text), None)] = text
    return made


def test_a_list_is_pooled_text_by_text(texts):
    for made, text in zip(POOLING.pool(texts), texts, strict=True):
        np.testing.assert_array_equal(made, POOLING.pool_one(text))
    assert [each.shape for each in FIRST.pool(texts, task="query")] == [(1, 4)] * 3


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_padded_array_stays_one(texts, side):
    made = POOLING.pool(padded(texts, side), padding_side=side)
    np.testing.assert_array_equal(made, padded(POOLING.pool(texts), side))


def test_a_mask_counts_more_than_zeros(texts):
    whole = padded(texts)
    mask = np.arange(8) < np.array([[5], [1], [8]])
    whole[~mask] = 3
    made = POOLING.pool(whole, attention_mask=mask)
    np.testing.assert_array_equal(made, padded(POOLING.pool(texts)))


def test_a_tensor_of_torch_is_a_padded_array(texts):
    torch = pytest.importorskip("torch")
    whole = padded(texts)
    np.testing.assert_array_equal(POOLING.pool(torch.from_numpy(whole)), POOLING.pool(whole))


def test_texts_of_a_task_that_is_not_pooled_stay(texts):
    assert POOLING.pool(texts, task="query") is texts


def test_nothing(texts):
    assert POOLING.pool([]) == []
    assert POOLING.pool(padded(texts)[:0]).shape == (0, 0, 4)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda texts: ((padded(texts),), {"padding_side": "up"}), "one of left, right"),
        (lambda texts: ((texts[0],), {}), r"\(texts, tokens, dim\), not of shape \(5, 4\)"),
        (lambda texts: ((texts[0][0].tolist(),), {}), r"\(tokens, dim\), not of shape \(\)"),
        (lambda texts: ((texts,), {"attention_mask": np.ones((3, 8))}), "embeddings are a list"),
        (lambda texts: ((padded(texts),), {"attention_mask": np.ones((3, 7))}), r"not \(3, 8\)"),
    ],
)
def test_what_is_refused(texts, change, told):
    given, options = change(texts)
    with pytest.raises(InputError, match=told):
        POOLING.pool(*given, **options)
