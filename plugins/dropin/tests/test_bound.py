"""What others call by a name looks like a function of that name."""

from importlib import import_module
from inspect import isfunction, signature

import pytest
import torch

from isomorph_dropin.bound import bound


def scaled(factor, number, *, shift=0, times=1):
    """A number."""
    return (factor * number + shift) * times


def test_what_is_given_before_is_no_argument_any_more():
    doubled = bound("doubled", scaled, 2, shift=1)
    assert doubled(3) == doubled(number=3) == 7
    assert doubled(3, shift=0, times=5) == 30
    assert (doubled.__name__, doubled.__doc__) == ("doubled", "A number.")
    assert str(signature(doubled)) == "(number, *, shift=1, times=1)"
    for wrong in ({"factor": 3}, {"other": 1}):
        with pytest.raises(TypeError):
            doubled(3, **wrong)


PLACES = {
    "util.quantization": "semantic_search_faiss semantic_search_usearch",
    "multi_vector_encoder.scoring": "mean_colbert_scores mean_colbert_scores_pairwise mean_colbert_kd_scores",
}


@pytest.mark.parametrize("place", PLACES)
def test_functions_of_the_tree_are_functions(place, whole_tree):
    module = import_module(f"sentence_transformers.{place}")
    for name in PLACES[place].split():
        found = getattr(module, name)
        assert isfunction(found)
        assert found.__name__ == name


def test_a_default_may_be_given_by_its_place(whole_tree):
    scoring = import_module("sentence_transformers.multi_vector_encoder.scoring")
    query, document = torch.eye(2)[None], torch.eye(2)[None, None]
    plain = scoring.mean_colbert_scores(query, document, None, None, None, False)
    assert float(plain[0, 0]) == 2 * float(scoring.mean_colbert_scores(query, document)[0, 0])
