"""The kernels of layers of experts, against their definitions as loops over Python floats."""

import math

import numpy as np
import pytest
from drawn import floats

from .test_kernels import near, run


def test_softmax():
    x = floats(2, 3, 5, scale=4.0)
    want = [[[math.exp(v) / sum(map(math.exp, row)) for v in row] for row in m] for m in x.tolist()]
    near(run("softmax", x), want, within=1e-6)


def test_softmax_of_numbers_whose_powers_are_no_floats():
    near(
        run("softmax", np.array([[1000.0, 1000.0], [-1000.0, 0.0]], np.float32)),
        [[0.5, 0.5], [0, 1]],
    )


def dot(matrix, vector):
    return [sum(w * v for w, v in zip(row, vector, strict=True)) for row in matrix.tolist()]


@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize("turned", [False, True])
def test_experts(gated, turned):
    """A network whose share is 0 adds nothing, however large its weights are."""
    count = 3
    ups, gates = ([floats(4, 5) for _ in range(count)] for _ in range(2))
    downs = [floats(5, 4) for _ in range(count)]
    downs[1][:] = 1e20
    x, shares = floats(2, 3, 5), np.abs(floats(2, 3, count))
    shares[..., 1] = 0
    want = np.zeros(x.shape)
    for at in np.ndindex(2, 3):
        for e in (0, 2):
            inner = dot(ups[e], x[at].tolist())
            if gated:
                opened = dot(gates[e], x[at].tolist())
                inner = [max(g, 0) * v for g, v in zip(opened, inner, strict=True)]
            else:
                inner = [max(v, 0) for v in inner]
            want[at] += float(shares[(*at, e)]) * np.array(dot(downs[e], inner))
    stored = [np.ascontiguousarray(each.T) if turned else each for each in downs]
    matrices = [*ups, *stored, *(gates if gated else ())]
    settings = {"count": count, "activation": "relu", "turned": turned}
    near(run("experts", x, shares, *matrices, **settings), want, within=1e-6)
