from __future__ import annotations

import re

import numpy as np
import pytest

from isomorph.errors import InputError
from isomorph.preprocess.inputs import as_texts, is_single, lone_surrogate, read_texts


@pytest.mark.parametrize("value", ["text", b"bytes", None, 3, 1.5, {"a": 1}, np.array(["a"])[0]])
def test_one_input(value):
    assert is_single(value)


@pytest.mark.parametrize(
    "value", [["a"], ("a", "b"), [], np.array(["a", "b"]), np.array(["a"], object), iter("ab")]
)
def test_a_batch_of_inputs(value):
    assert not is_single(value)


def test_an_array_of_texts_without_axes_is_one_input():
    assert is_single(np.array("text"))
    assert is_single(np.array([1.0, 2.0]))


@pytest.mark.parametrize("batch", [["a", "b"], ("a", "b"), np.array(["a", "b"]), iter("ab")])
def test_texts_of_a_batch(batch):
    assert as_texts(batch) == ["a", "b"]


def test_subclasses_of_str_are_texts():
    assert as_texts([np.str_("a")]) == ["a"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "Input 1 is NoneType (None), but this model takes texts. Drop it, or pass ''."),
        (b"x", "Decode it first: text.decode('utf-8')."),
        (3, "Input 1 is int (3), but this model takes texts. Pass str(...) of it: '3'."),
        (float("nan"), "Pass str(...) of it: 'nan'."),
        (["a", "b"], "Input 1 is list (['a', 'b']), but this model takes texts."),
        (np.zeros((3, 4, 4)), "takes texts. Inputs of modality 'image' are not supported."),
        (np.zeros(9), "takes texts. Inputs of modality 'audio' are not supported."),
        ({"text": "a", "image": 1}, "Inputs of modality 'image+text' are not supported."),
        ({"array": [], "sampling_rate": 1}, "Inputs of modality 'audio' are not supported."),
        ({"said": "x" * 99}, f"Input 1 is dict ({{'said': '{'x' * 47}...)"),
    ],
)
def test_what_is_no_text_is_refused_with_its_place(value, message):
    with pytest.raises(InputError, match=re.escape(message)):
        as_texts(["fine", value])


def test_half_a_surrogate_pair_is_named_with_its_place():
    error = lone_surrogate(["fine", "ab\ud83d"])
    assert isinstance(error, InputError)
    assert "Input 1 holds half of a surrogate pair, U+D83D at position 2" in str(error)
    assert lone_surrogate(["fine", "😀"]) is None


def test_a_text_may_come_as_inputs_do_that_have_more_than_a_text():
    assert read_texts([{"text": "a"}, "b", {"text": "c"}], None) == (False, ["a", "b", "c"])
    assert read_texts({"text": "a"}, None) == (True, ["a"])
    with pytest.raises(InputError, match="Input 0 is dict"):
        read_texts([{"text": None}], None)
