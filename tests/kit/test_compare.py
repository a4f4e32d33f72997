"""What the kit says when values differ."""

import numpy as np
import pytest

from isomorph.errors import InputError
from isomorph.testing.compare import AGREES, LawBroken, assert_close, real_tokens, tolerance


def test_the_message_names_the_worst_element():
    expected = np.array([[1.0, -4.0]], np.float32)
    with pytest.raises(
        LawBroken, match=r"model 'x': element \(0, 1\) is -3 instead of -4"
    ) as caught:
        assert_close(np.array([[1.0, -3.0]], np.float32), expected, 1e-5, "model 'x'")
    assert "off by 0.25 of the output's scale (allowed: 1e-05)" in str(caught.value)


def test_differences_are_measured_by_the_scale_of_the_output():
    expected = np.array([1000.0, 0.0], np.float32)
    assert_close(np.array([1000.0, 0.005], np.float32), expected, 1e-5, "x")


def test_shapes_and_infinities_differ_from_everything():
    with pytest.raises(LawBroken, match="shape"):
        assert_close(np.zeros(2, np.float32), np.zeros((2, 1), np.float32), 1, "x")
    with pytest.raises(LawBroken, match="1 of 2 values are not finite"):
        assert_close(np.array([np.nan, 0]), np.zeros(2), 1, "x")


def test_token_states_are_compared_at_real_tokens_only():
    states = np.arange(6, dtype=np.float32).reshape(1, 3, 2)
    feeds = {"attention_mask": np.array([[1, 1, 0]])}
    assert real_tokens("token_embeddings", states, feeds).tolist() == [[0, 1], [2, 3]]
    assert real_tokens("all_layer_embeddings", states[None], feeds).shape == (1, 2, 2)
    states[0, 2, 0] = np.inf
    with pytest.raises(LawBroken, match="not finite at padding"):
        real_tokens("token_embeddings", states, feeds)


def test_an_unknown_precision_says_what_to_do():
    with pytest.raises(InputError, match="class attribute 'tolerance'"):
        tolerance(AGREES, "posit8")
