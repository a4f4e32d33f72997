from __future__ import annotations

import numpy as np
import pytest

from isomorph.postprocess.collect import collect

ROWS = [np.array([3, 4, 0], np.float32), np.array([0, 6, 8], np.float32)]
PLAIN = {
    "single": False,
    "tokens": False,
    "dim": lambda: 3,
    "truncate_dim": None,
    "normalized": False,
    "precision": "float32",
    "to_numpy": True,
    "to_tensor": False,
}


def test_rows_are_stacked():
    np.testing.assert_array_equal(collect(ROWS, **PLAIN), np.stack(ROWS))


def test_a_list_of_arrays():
    found = collect(ROWS, **{**PLAIN, "to_numpy": False})
    assert isinstance(found, list)
    assert [array.shape for array in found] == [(3,), (3,)]


@pytest.mark.parametrize("to_numpy", [True, False])
def test_a_single_text_loses_the_outer_axis(to_numpy):
    found = collect(ROWS[:1], **{**PLAIN, "single": True, "to_numpy": to_numpy})
    assert found.shape == (3,)


def test_truncation_comes_before_normalisation():
    found = collect(ROWS, **{**PLAIN, "truncate_dim": 2, "normalized": True})
    np.testing.assert_allclose(found, [[0.6, 0.8], [0, 1]], rtol=1e-6)


def test_token_vectors_are_left_as_they_are():
    rows = [np.ones((2, 3), np.float32), np.ones((5, 3), np.float32)]
    options = {**PLAIN, "tokens": True, "truncate_dim": 2, "normalized": True}
    assert [array.shape for array in collect(rows, **options)] == [(2, 3), (5, 3)]
    single = collect(rows[:1], **{**options, "single": True})
    assert single.shape == (2, 3)
    assert not np.shares_memory(single, rows[0])


def test_no_texts():
    assert collect([], **PLAIN).shape == (0, 3)
    assert collect([], **{**PLAIN, "truncate_dim": 2}).shape == (0, 2)
    assert collect([], **{**PLAIN, "precision": "ubinary"}).dtype == np.uint8
    assert collect([], **{**PLAIN, "to_numpy": False}) == []
