from __future__ import annotations

import numpy as np
import pytest
from drawn import floats
from hypothesis import given
from hypothesis import strategies as st

from isomorph.errors import InputError, Unsupported
from isomorph.postprocess.maxsim import maxsim, maxsim_pairwise, mean_maxsim, mean_maxsim_pairwise


def texts(lengths):
    return [floats(length, 5) for length in lengths]


def by_hand(query, document):
    if not len(document):
        return -1e9
    return sum(max(float(q @ d) for d in document) for q in query)


LENGTHS = st.lists(st.integers(0, 4), max_size=5)


@given(LENGTHS, LENGTHS, st.sampled_from([1, 60, 10**8]))
def test_every_query_with_every_document(queries, documents, chunk_elements):
    a, b = texts(queries), texts(documents)
    want = np.array([[by_hand(q, d) for d in b] for q in a]).reshape(len(a), len(b))
    got = maxsim(a, b, chunk_elements=chunk_elements)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)
    counts = np.maximum([len(q) for q in a], 1).reshape(-1, 1)
    np.testing.assert_allclose(mean_maxsim(a, b), want / counts, rtol=1e-5, atol=1e-5)


def test_pairs():
    a, b = texts([3, 0, 2, 4]), texts([2, 3, 0, 1])
    want = np.array([by_hand(q, d) for q, d in zip(a, b, strict=True)])
    got = maxsim_pairwise(a, b)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, want, rtol=1e-5)
    np.testing.assert_allclose(mean_maxsim_pairwise(a, b), want / [3, 1, 2, 4], rtol=1e-5)
    assert maxsim_pairwise([], []).shape == (0,)
    with pytest.raises(InputError, match="as many on each side, not 4, 3"):
        maxsim_pairwise(a, b[:3])


def test_padding_is_rows_of_zeros_unless_a_mask_says_otherwise():
    a, b = texts([2, 3]), texts([4, 1])
    padded = np.zeros((2, 5, 5), np.float32)
    for row, text in zip(padded, b, strict=True):
        row[: len(text)] = text
    np.testing.assert_allclose(maxsim(a, padded), maxsim(a, b), rtol=1e-6)
    mask = np.array([[0, 1, 0, 1, 0], [1, 0, 0, 0, 0]])
    want = maxsim(a, [b[0][[1, 3]], b[1]])
    np.testing.assert_allclose(maxsim(a, padded, b_mask=mask), want, rtol=1e-6)
    np.testing.assert_allclose(maxsim(a, padded, b_mask=mask.astype(bool)), want, rtol=1e-6)
    kept = [np.array([0, 1]), np.array([1, 1, 0])]
    want = maxsim([a[0][1:], a[1][:2]], b)
    np.testing.assert_allclose(maxsim(a, b, a_mask=kept), want, rtol=1e-6)


def test_a_zero_row_counts_where_a_mask_says_so():
    query, document = np.ones((1, 5), np.float32), np.zeros((1, 1, 5), np.float32)
    assert maxsim(query, document).item() == -1e9
    assert maxsim(query, document, b_mask=[[1]]).item() == 0


def test_a_single_text_and_other_types():
    (text,) = texts([3])
    text /= np.linalg.norm(text, axis=1, keepdims=True)  # then each token is nearest to itself
    np.testing.assert_allclose(maxsim(text, text), [[3]], rtol=1e-5)
    assert maxsim(text, text).shape == (1, 1)
    assert maxsim(text, text, a_mask=[0, 1, 0]).shape == (1, 1)
    assert maxsim(text.astype(np.float64), [text]).dtype == np.float32
    bytes_ = np.array([[100, 100]], np.int8)
    assert maxsim([bytes_], [bytes_]).item() == 20000
    assert maxsim([[[1.0, 2.0]]], [[[3.0, 4.0]]]).item() == 11


def test_refusals():
    (text,) = texts([3])
    with pytest.raises(InputError, match=r"features"):
        maxsim([text], [text[:, :4]])
    with pytest.raises(InputError, match=r"a_mask covers 2 tokens of a text of 3"):
        maxsim([text], [text], a_mask=[[1, 1]])
    with pytest.raises(InputError, match=r"b holds 1 texts, but b_mask 2"):
        maxsim([text], [text], b_mask=[[1, 1, 1]] * 2)
    with pytest.raises(InputError, match=r"Each text of a is \(tokens, dim\), not \(5,\)"):
        maxsim(list(text), [text])
    with pytest.raises(InputError, match=r"b has shape \(5,\)"):
        maxsim([text], text[0])
    with pytest.raises(Unsupported, match="device='cuda'"):
        maxsim([text], [text], device="cuda")
