"""Arrays that travel to another process: they come back as they were, or are refused."""

import json
import struct

import numpy as np
import pytest

from isomorph.program import packed, unpacked

ARRAYS = {
    "ids": np.arange(6).reshape(2, 3),
    "values": np.array([[1.5, np.nan, -np.inf]], np.float32),
    "none": np.zeros((3, 0), np.float32),
    "one": np.array(7, np.int64),
}


def headed(head, data=b"", seal="0"):
    """Bytes of a file of safetensors whose head says what it likes."""
    about = {"__metadata__": {"told": "{}", "seal": seal}}
    text = json.dumps(head if isinstance(head, list) else about | head).encode()
    return struct.pack("<Q", len(text)) + text + data


def said(dtype, shape, size=0):
    return {"a": {"dtype": dtype, "shape": shape, "data_offsets": [0, size]}}


def test_there_and_back():
    found, told = unpacked(packed(ARRAYS, model="river ☔", outputs=["a", "b"]))
    assert told == {"model": "river ☔", "outputs": ["a", "b"]}
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        np.testing.assert_array_equal(found[name], array)
        assert found[name].flags.c_contiguous
    assert unpacked(packed({})) == ({}, {})


def test_views_travel_as_what_they_show():
    turned = np.arange(6, dtype=np.int64).reshape(2, 3).T[::-1]
    np.testing.assert_array_equal(unpacked(packed({"a": turned}))[0]["a"], turned)


def test_other_types_are_not_written():
    with pytest.raises(ValueError, match="'a' is float64, and none of int64, float32"):
        packed({"a": np.zeros(2)})


def test_every_flipped_bit_is_refused():
    data = packed(ARRAYS, model="m")
    for place in range(len(data)):
        for bit in range(8):
            spoilt = bytearray(data)
            spoilt[place] ^= 1 << bit
            try:
                arrays, told = unpacked(bytes(spoilt))
            except ValueError:
                continue
            # A blank at the end of the head, or a letter of a key that nobody reads, says the same.
            assert told == {"model": "m"}
            for name, array in ARRAYS.items():
                np.testing.assert_array_equal(arrays[name], array)


def test_every_cut_is_refused():
    data = packed(ARRAYS, model="m")
    for size in range(len(data)):
        with pytest.raises(ValueError, match="bytes are no sealed safetensors"):
            unpacked(data[:size])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "0 bytes are no sealed safetensors"),
        (b'{"feeds": {}}', "no sealed safetensors"),
        (headed([]), "no sealed safetensors"),
        (struct.pack("<Q", 1 << 63) + b"{}", "no sealed safetensors"),
        (struct.pack("<Q", 2) + b"{}", "no sealed safetensors"),
        (headed(said("I64", [1], 8), b"x" * 9), "no sealed safetensors"),
        (headed(said("I64", [1 << 62, 1 << 62])), "no sealed safetensors"),
        (headed(said("I64", [1 << 40, 1 << 20])), "no sealed safetensors"),
        (headed(said("I64", [-1], 8), b"x" * 8), "no sealed safetensors"),
        (headed(said("F32", [1 << 40, 0])), "holds no number and is said to be"),
        (headed(said("F64", [1], 8), b"x" * 8), "'a' is F64, and none of int64, float32"),
        (headed(said("I64", [1], 8), b"x" * 8), "their seal is another"),
    ],
)
def test_other_bytes_are_refused(data, words):
    with pytest.raises(ValueError, match=words):
        unpacked(data)
