"""What editors and type checkers know of the constructors is what these take."""

from __future__ import annotations

import inspect
import typing

import pytest

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder
from isomorph.arguments.names import _RENAMED
from isomorph.models.base import BaseModel
from isomorph.models.constructor import ModelKeywords


def test_the_keywords_are_those_of_the_class_that_all_inherit():
    taken = [
        name for name in inspect.signature(BaseModel).parameters if name != "model_name_or_path"
    ]
    older = [name for names in _RENAMED.values() for name in names]
    assert list(ModelKeywords.__annotations__) == [*taken, *older]
    said = inspect.get_annotations(BaseModel.__init__)
    assert {name: said[name] for name in taken} == {
        name: ModelKeywords.__annotations__[name].__forward_arg__ for name in taken
    }


@pytest.mark.parametrize(
    "kind", [SentenceTransformer, SparseEncoder, CrossEncoder, MultiVectorEncoder]
)
def test_the_types_of_a_constructor_can_be_asked_at_run_time(kind):
    hints = typing.get_type_hints(inspect.unwrap(kind.__init__))
    (keywords,) = typing.get_args(hints["kwargs"])
    assert ModelKeywords.__annotations__.keys() <= keywords.__annotations__.keys()


@pytest.mark.parametrize(
    "kind", [SentenceTransformer, SparseEncoder, CrossEncoder, MultiVectorEncoder]
)
def test_a_misspelt_keyword_is_told_by_the_class_that_was_called(kind):
    with pytest.raises(
        TypeError, match=rf"^{kind.__name__}\(\) does not take bakend; did you .* backend\?$"
    ):
        kind("nowhere", bakend="x")
    with pytest.raises(
        TypeError, match=rf"^{kind.__name__}\(\) .* threads; it takes model_name.*, backend, "
    ):
        kind("nowhere", threads=2)
