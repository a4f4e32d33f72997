"""Each primitive in each of its cases, compiled for the shapes at hand."""

import jax
import numpy as np
import pytest

from isomorph.program import PRIMITIVES
from isomorph.testing.primitive_suite import PrimitiveTests
from isomorph_jax.emit import OPERATORS
from isomorph_jax.programs import as_int32, function, weights

FLOAT = np.dtype(np.float32)


def narrow(array):
    return as_int32(array, "a feed") if array.dtype.kind in "iu" else array


def wide(array):
    return array.astype(np.int64) if array.dtype == np.int32 else array


class TestPrimitives(PrimitiveTests):
    @pytest.fixture
    def run(self):
        def call(program, feeds):
            given = {name: narrow(array) for name, array in feeds.items()}
            results = jax.jit(function(program, FLOAT))(weights(program, FLOAT), given)
            return {name: wide(np.asarray(each)) for name, each in results.items()}

        return call


def test_no_primitive_is_missing():
    assert set(OPERATORS) == set(PRIMITIVES)
