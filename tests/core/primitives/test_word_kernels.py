"""The kernels of layers over words, against their definitions as loops over Python floats."""

import math

import numpy as np
import pytest
from drawn import floats

from .test_kernels import near, run


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


@pytest.mark.parametrize(("width", "size"), [(4, 1), (4, 3), (3, 7), (1, 5)])
def test_conv1d(width, size):
    x, weight, bias = floats(2, width, 3), floats(4, 3, size), floats(4)
    want = np.zeros((2, width, 4))
    for b, t, o in np.ndindex(want.shape):
        want[b, t, o] = float(bias[o])
        for k in range(size):
            there = t + k - (size - 1) // 2
            if 0 <= there < width:
                want[b, t, o] += sum(
                    float(w) * float(v) for w, v in zip(weight[o, :, k], x[b, there], strict=True)
                )
    half = size // 2
    found = run("conv1d", x, weight, bias, stride=1, padding=(half, half), groups=1)
    near(found, want, within=1e-6)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(("stride", "padding"), [(1, (0, 0)), (2, (1, 1)), (3, (2, 0))])
def test_conv1d_with_strides_and_groups(stride, padding, groups):
    x, weight = floats(2, 9, 4), floats(6, 4 // groups, 4)
    count = (9 + sum(padding) - 4) // stride + 1
    want = np.zeros((2, count, 6))
    for b, u, o in np.ndindex(want.shape):
        first = o // (6 // groups) * (4 // groups)  # feature of x that the group begins with
        for i, k in np.ndindex(weight.shape[1:]):
            there = u * stride + k - padding[0]
            if 0 <= there < 9:
                want[b, u, o] += float(weight[o, i, k]) * float(x[b, there, first + i])
    found = run("conv1d", x, weight, None, stride=stride, padding=padding, groups=groups)
    near(found, want, within=1e-6)


@pytest.mark.parametrize("biased", [False, True])
@pytest.mark.parametrize(("width", "size"), [(4, 1), (4, 3), (3, 7), (1, 4)])
def test_conv1d_of_each_feature_over_what_is_before(width, size, biased):
    x, weight, bias = floats(2, width, 3), floats(3, 1, size), floats(3)
    want = np.zeros((2, width, 3))
    for b, t, h in np.ndindex(want.shape):
        want[b, t, h] = float(bias[h]) if biased else 0.0
        for k in range(size):
            there = t + k - (size - 1)
            if there >= 0:
                want[b, t, h] += float(weight[h, 0, k]) * float(x[b, there, h])
    settings = {"stride": 1, "padding": (size - 1, 0), "groups": 3}
    near(run("conv1d", x, weight, bias if biased else None, **settings), want, within=1e-6)


def one_row(x, input_weight, state_weight, bias):
    """The hidden states of one row of vectors, in float64."""
    hidden = state_weight.shape[1]
    h, c, states = [0.0] * hidden, [0.0] * hidden, []
    for vector in x.tolist():
        gates = [
            float(bias[g])
            + sum(w * v for w, v in zip(input_weight[g].tolist(), vector, strict=True))
            + sum(w * v for w, v in zip(state_weight[g].tolist(), h, strict=True))
            for g in range(4 * hidden)
        ]
        i, f, g, o = (gates[n * hidden : (n + 1) * hidden] for n in range(4))
        c = [sigmoid(f[j]) * c[j] + sigmoid(i[j]) * math.tanh(g[j]) for j in range(hidden)]
        h = [sigmoid(o[j]) * math.tanh(c[j]) for j in range(hidden)]
        states.append(h)
    return np.array(states)


@pytest.mark.parametrize("reverse", [False, True])
def test_lstm(reverse):
    lengths = np.array([4, 1, 3])
    x = floats(3, 4, 5, scale=2)
    weights = floats(8, 5), floats(8, 2), floats(8)
    got = run("lstm", x, lengths, *weights, hidden=2, reverse=reverse)
    assert np.isfinite(got).all()
    step = -1 if reverse else 1
    for row, length in enumerate(lengths):
        want = one_row(x[row, :length][::step], *weights)[::step]
        # States are at most 1 and may be near 0: the bound is one of the gates, whose sums reach 20.
        np.testing.assert_allclose(got[row, :length], want, rtol=0, atol=4e-6)


def test_lstm_with_huge_values_is_finite():
    x, zeros = np.full((1, 2, 1), 1e30, np.float32), np.zeros(4, np.float32)
    got = run(
        "lstm",
        x,
        np.array([2]),
        np.array([[1], [-1], [1], [-1]], np.float32),
        np.ones((4, 1), np.float32),
        zeros,
        hidden=1,
        reverse=False,
    )
    assert np.isfinite(got).all()


def test_scatter_sum():
    x, index = floats(3, 5), np.array([[0, 1, 1, 3, 1], [2, 2, 2, 2, 2], [0, 1, 2, 3, 4]])
    want = np.zeros((3, 6))
    for (b, t), i in np.ndenumerate(index):
        want[b, i] += float(x[b, t])
    near(run("scatter_sum", x, index, size=6), want)
