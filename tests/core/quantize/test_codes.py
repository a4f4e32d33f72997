"""Codes and scales: what rounding costs, and that four bits are packed and unpacked."""

import numpy as np
import pytest

from isomorph.files.codes import LARGEST, block_of, decode, encode, pack, unpack


@pytest.mark.parametrize("weights", LARGEST)
def test_no_number_is_further_away_than_half_a_step(weights):
    matrix = np.random.default_rng(7).normal(size=(6, 128)).astype(np.float32)
    matrix[2] = 0.0
    codes, scales = encode(matrix, 64, weights)
    assert codes.dtype == np.int8
    assert scales.shape == (6, 2)
    assert np.abs(codes).max() == LARGEST[weights]
    steps = np.repeat(scales, 64, axis=1)
    assert (np.abs(decode(codes, scales) - matrix) <= steps * 0.5001).all()
    assert not decode(codes, scales)[2].any()


def test_a_block_keeps_its_scale_whatever_lies_beside_it():
    matrix = np.random.default_rng(8).normal(size=(2, 64)).astype(np.float32)
    beside = np.concatenate([matrix, matrix * 1e4], axis=1)
    assert np.array_equal(encode(beside, 64, "int8")[0][:, :64], encode(matrix, 64, "int8")[0])


def test_two_codes_of_four_bits_lie_in_a_byte():
    codes = np.random.default_rng(9).integers(-7, 8, (5, 12)).astype(np.int8)
    assert pack(codes).shape == (5, 6)
    assert np.array_equal(unpack(pack(codes)), codes)


@pytest.mark.parametrize(("width", "block"), [(384, 64), (96, 32), (30, 30)])
def test_blocks_divide_a_row(width, block):
    assert block_of(width) == block
    assert block_of(width, whole=True) == width
