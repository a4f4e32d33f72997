"""The module of functions under their familiar names."""

from __future__ import annotations

import numpy as np
import pytest

import isomorph
from isomorph import util


@pytest.mark.parametrize("name", util.__all__)
def test_each_name_is_there_and_documented(name):
    assert getattr(util, name).__doc__


@pytest.mark.parametrize("name", isomorph.__all__)
def test_so_is_each_of_the_package(name):
    assert getattr(isomorph, name) is getattr(isomorph, name)


def test_the_oldest_name_of_the_cosine_warns():
    with pytest.warns(DeprecationWarning, match="write cos_sim") as caught:
        old = util.pytorch_cos_sim
    assert old is util.cos_sim
    assert caught[0].filename == __file__
    np.testing.assert_allclose(old([[1.0, 0.0]], [[2.0, 0.0]]), [[1.0]])
    with pytest.raises(AttributeError, match="no_such"):
        _ = util.no_such


@pytest.mark.parametrize("name", ["mine_hard_negatives", "semantic_search_faiss", "http_get"])
def test_what_is_not_here_says_why(name):
    assert not hasattr(util, name)
    with pytest.raises(AttributeError, match=f"has no '{name}': "):
        getattr(util, name)
