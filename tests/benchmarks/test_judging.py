"""What voids a row: other numbers, another device, other arithmetic, other weights, modules elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from isomorph_bench.race.judging import lowest_cosine, same_device, void_reason

RIGHT = list(np.full((4, 2), 2.0, np.float32))


@pytest.mark.parametrize(
    ("gap", "native", "said"),
    [
        (1e-6, 3, ""),
        (0.5, 3, "differs from the reference by 2.5e-01, in 1 of 4 results"),
        (float("nan"), 3, "differs from the reference by inf, in 1 of 4 results"),
        (1e-6, 2, "ran 2 of 3 modules"),
    ],
)
def test_other_numbers_and_fallbacks_are_void(gap, native, said):
    found = [row.copy() for row in RIGHT]
    found[2][1] += gap
    assert void_reason(found, RIGHT, {"native": native, "modules": 3}) == said


def test_results_of_another_shape_are_void():
    assert void_reason(RIGHT[:3], RIGHT, {}).endswith("inf, 3 results for 4")
    longer = [*RIGHT[:3], np.zeros(5, np.float32)]
    assert void_reason(longer, RIGHT, {}).endswith("inf, in 1 of 4 results")


def test_what_a_peer_does_not_tell_is_not_held_against_it():
    assert void_reason(RIGHT, RIGHT, {"engine": "theirs"}, {"device": "cpu"}) == ""


ON_GPU = {
    "device": "cuda:0",
    "provider": "CUDAExecutionProvider",
    "precision": "float32",
    "stored": "",
}


@pytest.mark.parametrize(
    ("told", "asked", "said"),
    [
        ({}, {"device": "cuda"}, ""),
        ({}, {}, ""),
        ({"device": "cpu"}, {"device": "cuda"}, "ran on cpu in place of cuda"),
        ({"device": "cuda:1"}, {"device": "cuda:0"}, "ran on cuda:1 in place of cuda:0"),
        (
            {"provider": "CPUExecutionProvider"},
            {},
            "ran on CPUExecutionProvider in place of cuda:0",
        ),
        (
            {"precision": "bfloat16"},
            {"precision": "float32"},
            "precision bfloat16 in place of float32",
        ),
        ({}, {"weights": "int8"}, "weights float32 in place of int8"),
        ({"stored": "int8"}, {"weights": "int8"}, ""),
    ],
)
def test_what_was_not_asked_is_void(told, asked, said):
    assert void_reason(RIGHT, RIGHT, {**ON_GPU, **told}, asked) == said


def test_weights_in_fewer_bits_are_judged_by_their_lowest_cosine():
    report, asked = {"stored": "int8"}, {"weights": "int8"}
    near = [row + np.float32([0.1, 0.0]) for row in RIGHT]
    far = [*RIGHT[:3], np.float32([2, -2])]
    assert void_reason(near, RIGHT, report, asked) == ""
    assert void_reason(near, RIGHT, {}, {}).startswith("differs")
    assert void_reason(far, RIGHT, report, asked).startswith("has a cosine of")
    assert void_reason(near, RIGHT, report, asked, least_cosine=0.99999).startswith("has a cosine")


def test_scores_are_compared_all_together():
    expected = [np.float32([score]) for score in (1.0, 2.0, 3.0)]
    assert lowest_cosine(expected, expected) == pytest.approx(1.0)
    assert lowest_cosine(expected[::-1], expected) < 0.8
    assert lowest_cosine(expected[:2], expected) == -1.0


def test_the_first_device_needs_no_number():
    assert same_device("cuda:0", "cuda")
    assert not same_device("cuda:1", "cuda")
