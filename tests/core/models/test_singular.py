"""What counts as one input and what as a batch, by what sentence-transformers 6.2 answers for each class."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from isomorph import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder
from isomorph.preprocess.text import Text

MESSAGE = {"role": "user", "content": "a"}
ENCODERS = (SentenceTransformer, SparseEncoder, MultiVectorEncoder)
RECORDED = [  # what it is, what the reference's encoders answer, what its CrossEncoder answers
    ("a", True, True),
    (np.str_("a"), True, True),
    (("a", "b"), False, True),
    (["a", "b"], False, True),
    ([("a", "b")], False, False),
    ([["a", "b"]], False, False),
    ((("a", "b"),), False, False),
    (["a", ("b", "c")], False, True),
    ([None], False, True),
    ([], False, False),
    ((), False, False),
    (None, True, True),
    (5, True, True),
    (b"a", True, True),
    ({}, True, True),
    ({"a": 1}, True, True),
    ({"a"}, True, True),
    (MESSAGE, True, True),
    ([MESSAGE], True, True),
    ([[MESSAGE]], False, False),
    ((MESSAGE,), False, True),
    (np.array(["a", "b"]), False, True),
    (np.array([["a", "b"]]), False, False),
    (np.array("a"), True, True),
    (np.array(["a", 1], object), False, True),
    (np.array([], "U1"), False, False),
    (np.zeros(3), True, True),
    (np.array([b"a"]), True, True),
]
OURS = [  # where we take more than the reference, which answers True for all of these
    (lambda: (text for text in "ab"), False, False),
    ({"a": "b"}.values, False, False),
    (lambda: [np.array(["a", "b"])], False, False),
]


def answered(kind, inputs):
    model = kind.__new__(kind)
    model._loaded = SimpleNamespace(routing=SimpleNamespace(inputs=Text()))
    return model.is_singular_input(inputs)


@pytest.mark.parametrize(("inputs", "encoders", "pairs"), RECORDED, ids=repr)
def test_one_or_many_as_in_the_reference(inputs, encoders, pairs):
    assert [answered(kind, inputs) for kind in ENCODERS] == [encoders] * 3
    assert answered(CrossEncoder, inputs) == pairs


@pytest.mark.parametrize(("make", "encoders", "pairs"), OURS)
def test_whatever_else_holds_inputs_in_an_order_is_a_batch(make, encoders, pairs):
    assert [answered(kind, make()) for kind in ENCODERS] == [encoders] * 3
    assert answered(CrossEncoder, make()) == pairs
