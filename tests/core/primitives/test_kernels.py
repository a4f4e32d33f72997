"""Every kernel of the reference against the definition of its primitive, written out in float64.

The oracle must not be its own judge: expected values come from loops over Python floats, or from
float64 formulas that share no code with the kernels.
"""

import itertools
import math
import re
from pathlib import Path

import numpy as np
import pytest
from drawn import RANDOM, floats

from isomorph.primitives.erf import erf
from isomorph.primitives.ops import ACTIVATIONS
from isomorph.primitives.table import named
from isomorph.program import PRIMITIVES

ULP = float(np.finfo(np.float32).eps)


def run(primitive, *inputs, **attrs):
    kept = [None if value is None else np.array(value, copy=True) for value in inputs]
    result = named(primitive).kernel(*inputs, **attrs)
    for before, after in zip(kept, inputs, strict=True):
        assert before is None or np.array_equal(before, after), "a kernel wrote into its input"
    assert isinstance(result, np.ndarray | np.generic)
    return result


def near(actual, expected, dtype=np.float32, within=4 * ULP):
    """Close in units of the largest expected magnitude, of the same shape and of the right type."""
    expected = np.asarray(expected, np.float64)
    assert actual.dtype == dtype
    assert actual.shape == expected.shape
    scale = max(1e-30, float(np.abs(expected).max(initial=0)))
    assert np.abs(actual - expected).max(initial=0) <= within * scale


def exact(actual, expected, dtype):
    assert actual.dtype == dtype
    assert actual.shape == np.shape(expected)
    assert actual.tolist() == np.asarray(expected).tolist()


def test_every_primitive_has_a_test():
    """Here, or in a file beside this one."""
    sources = [file.read_text("utf-8") for file in Path(__file__).parent.glob("test_*kernels.py")]
    tested = {name for text in sources for name in re.findall(r"^(?:def )?test_(\w+)", text, re.M)}
    tested |= {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert tested >= PRIMITIVES


@pytest.mark.parametrize(
    ("primitive", "formula"),
    [
        ("add", lambda a, b: a + b),
        ("subtract", lambda a, b: a - b),
        ("multiply", lambda a, b: a * b),
        ("divide", lambda a, b: a / b),
        ("maximum", max),
    ],
)
@pytest.mark.parametrize("shapes", [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1), (1, 3)), ((3,), ())])
def test_arithmetic(primitive, formula, shapes):
    a, b = (floats(*shape) + 2.5 for shape in shapes)
    a, b = np.asarray(a, np.float32), np.asarray(b, np.float32)
    wide = np.broadcast_arrays(a.astype(float), b.astype(float))
    pairs = zip(wide[0].ravel().tolist(), wide[1].ravel().tolist(), strict=True)
    expected = np.array([formula(x, y) for x, y in pairs]).reshape(wide[0].shape)
    near(run(primitive, a, b), expected, within=ULP)


def test_add():
    exact(run("add", np.array([1, 2]), np.array([2**40])), [2**40 + 1, 2**40 + 2], np.int64)


def test_subtract():
    exact(run("subtract", np.array([1]), np.array([1, 0])), [0, 1], np.int64)


def test_multiply():
    exact(run("multiply", np.array([[3], [4]]), np.array([0, 1])), [[0, 3], [0, 4]], np.int64)


def test_divide():
    near(run("divide", floats(3) * 0, np.float32(1e-9)), [0, 0, 0])


def test_maximum():
    a = np.array([[-np.inf, 1]], np.float32)
    exact(run("maximum", a, np.float32(0)), [[0, 1]], np.float32)


def test_sqrt():
    x = np.abs(floats(4, 5, scale=100))
    near(run("sqrt", x), [[math.sqrt(v) for v in row] for row in x.tolist()], within=ULP)


def test_log1p():
    x = np.abs(floats(4, 5)) * np.float32(1e-4)
    near(run("log1p", x), [[math.log1p(v) for v in row] for row in x.tolist()], within=ULP)


def test_keep_largest():
    x = np.array([[3, -1, 3, 3], [-4, -2, -3, -9]], np.float32)
    exact(run("keep_largest", x, count=2), [[3, 0, 3, 0], [0, -2, -3, 0]], np.float32)
    exact(run("keep_largest", x, count=4), x, np.float32)


def test_scatter_max():
    x = np.array([[1, 5, 2], [-1, 0, 4]], np.float32)
    index = np.array([[3, 0, 0], [2, 1, 1]])
    exact(run("scatter_max", x, index, size=4), [[5, 0, 0, 1], [0, 4, 0, 0]], np.float32)


def test_cast():
    exact(run("cast", np.array([True, False]), dtype="int64"), [1, 0], np.int64)
    exact(run("cast", np.array([True, False]), dtype="float32"), [1, 0], np.float32)
    exact(run("cast", np.array([3, -2]), dtype="float32"), [3, -2], np.float32)


def test_compare():
    a, b = np.array([[1], [2], [3]]), np.array([2])
    exact(run("compare", a, b, kind="equal"), [[False], [True], [False]], np.bool_)
    exact(run("compare", a, b, kind="greater"), [[False], [False], [True]], np.bool_)
    exact(run("compare", a, b, kind="greater_equal"), [[False], [True], [True]], np.bool_)


def test_where():
    condition = np.array([[[True], [False]]])
    a, b = floats(1, 2, 3), np.float32(-np.inf)
    near(run("where", condition, a, np.float32(7)), [[a[0, 0].tolist(), [7, 7, 7]]])
    assert np.isneginf(run("where", condition, a, b)[0, 1]).all()


def test_reduce():
    x = floats(3, 4, 5)
    for axis, keepdims in itertools.product((0, 1, 2, -1), (False, True)):
        for kind, fold in (("sum", math.fsum), ("max", max)):
            wide = np.apply_along_axis(lambda v, fold=fold: fold(v.tolist()), axis, x.astype(float))
            expected = np.expand_dims(wide, axis) if keepdims else wide
            near(run("reduce", x, kind=kind, axis=axis, keepdims=keepdims), expected)
    ids = np.array([[1, 2**40], [3, 4]])
    exact(run("reduce", ids, kind="sum", axis=1, keepdims=False), [2**40 + 1, 7], np.int64)


def test_cumsum():
    exact(run("cumsum", np.array([[0, 1, 1], [1, 0, 1]]), axis=1), [[0, 1, 2], [1, 1, 2]], np.int64)


def test_argmax():
    exact(run("argmax", np.array([[0, 1, 1], [0, 0, 0], [1, 2, 3]]), axis=1), [1, 0, 2], np.int64)


def test_arange():
    x = np.zeros((2, 5), np.int64)
    exact(run("arange", x, axis=1), [0, 1, 2, 3, 4], np.int64)
    exact(run("arange", x, axis=0), [0, 1], np.int64)


def test_take():
    x, index = floats(3, 4, 2), np.array([3, 0, 2])
    near(run("take", x, index), [x[b, i].tolist() for b, i in enumerate(index)], within=0)


def test_unsqueeze():
    x = floats(2, 3)
    assert [run("unsqueeze", x, axis=axis).shape for axis in (0, 1, 2)] == [
        (1, 2, 3),
        (2, 1, 3),
        (2, 3, 1),
    ]
    near(run("unsqueeze", x, axis=1).ravel(), x.ravel(), within=0)


def test_squeeze():
    x = floats(2, 1, 3)
    near(run("squeeze", x, axis=1), x[:, 0].tolist(), within=0)


def test_concat():
    a, b = floats(2, 3), floats(2, 1)
    expected = [[*x, *y] for x, y in zip(a.tolist(), b.tolist(), strict=True)]
    near(run("concat", a, b, axis=1), expected, within=0)


def test_embedding():
    table, ids = floats(5, 3), np.array([[4, 0], [1, 1]])
    near(run("embedding", table, ids), [[table[i].tolist() for i in row] for row in ids], within=0)
    near(run("embedding", table, np.int64(2)), table[2].tolist(), within=0)
    assert run("embedding", table[:, 0], ids).shape == (2, 2)


def test_segment_mean():
    x, offsets = floats(11, 3), np.array([0, 0, 2, 5, 8, 9, 10, 11])
    ends = [*offsets[1:], len(x)]
    expected = [
        [math.fsum(x[b:e, h].tolist()) / max(e - b, 1) for h in range(3)]
        for b, e in zip(offsets, ends, strict=True)
    ]
    near(run("segment_mean", x, offsets), expected)
    assert expected[0] == expected[-1] == [0, 0, 0]


def test_linear():
    x, weight, bias = floats(2, 3, 40), floats(7, 40), floats(7)
    for b in (bias, None):
        expected = np.zeros((2, 3, 7))
        for i, j, o in np.ndindex(2, 3, 7):
            products = (float(p) * float(q) for p, q in zip(x[i, j], weight[o], strict=True))
            expected[i, j, o] = math.fsum(products) + (0 if b is None else float(b[o]))
        near(run("linear", x, weight, b), expected, within=8 * ULP)


def test_matmul():
    a, b = floats(2, 1, 6), floats(2, 6, 3)
    expected = np.zeros((2, 1, 3))
    for n, i, j in np.ndindex(2, 1, 3):
        products = (float(a[n, i, k]) * float(b[n, k, j]) for k in range(6))
        expected[n, i, j] = math.fsum(products)
    near(run("matmul", a, b), expected, within=8 * ULP)


@pytest.mark.parametrize("offset", [0.0, 30.0])
def test_layer_norm(offset):
    x, weight, bias = floats(3, 16) + np.float32(offset), floats(16), floats(16)
    for eps, b in itertools.product((1e-12, 1e-5, 0.1), (bias, None)):
        expected = []
        for row in x.tolist():
            mean = math.fsum(row) / 16
            variance = math.fsum((v - mean) ** 2 for v in row) / 16
            shift = [0.0] * 16 if b is None else b.tolist()
            expected.append(
                [
                    (v - mean) / math.sqrt(variance + eps) * w + s
                    for v, w, s in zip(row, weight.tolist(), shift, strict=True)
                ]
            )
        # Cancellation: one step of x is a larger part of x - mean the larger the offset is.
        near(run("layer_norm", x, weight, b, eps=eps), expected, within=(8 + offset) * ULP)


def test_layer_norm_of_a_constant_row_is_the_bias():
    x, weight, bias = np.full((1, 4), 3, np.float32), floats(4), floats(4)
    near(run("layer_norm", x, weight, bias, eps=1e-12), bias[None].tolist())


def _sigmoid(v):
    return 1 / (1 + math.exp(-v)) if v > -700 else 0.0


DEFINITIONS = {
    "gelu": lambda v: 0.5 * v * math.erfc(-v / math.sqrt(2)),
    "gelu_tanh": lambda v: (
        0.5 * v * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3)))
    ),
    "relu": lambda v: max(v, 0.0),
    "relu2": lambda x: max(x, 0.0) ** 2,
    "sigmoid": _sigmoid,
    "silu": lambda v: v * _sigmoid(v),
    "tanh": math.tanh,
}


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_activation(kind):
    x = np.concatenate([np.linspace(-12, 12, 481), [0.0, 1e-8, -1e-8]]).astype(np.float32)
    actual = run("activation", x, kind=kind)
    expected = np.array([DEFINITIONS[kind](v) for v in x.tolist()])
    assert actual.dtype == np.float32
    # Near each value, not only near the largest; 1 + f(x) loses a step of 1 where f(x) is near -1.
    assert (np.abs(actual - expected) <= 4 * ULP * np.maximum(np.abs(expected), 1)).all()


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_activation_of_large_values_is_finite(kind):
    with np.errstate(over="raise", invalid="raise"):
        actual = run("activation", np.array([-1e4, 1e4], np.float32), kind=kind)
    assert np.isfinite(actual).all()


def test_erf_is_within_one_step_of_float32():
    x = np.concatenate([np.linspace(-5, 5, 4001), np.geomspace(1e-30, 1, 200)]).astype(np.float32)
    expected = np.array([math.erf(v) for v in x.tolist()])
    assert (
        np.abs(erf(x) - expected) <= 0.51 * np.spacing(np.abs(expected).astype(np.float32))
    ).all()
    assert np.signbit(erf(np.array([-0.0], np.float32)))[0]


def softmax_over(scores):
    """Weights by Python floats; -inf gets none."""
    top = max(scores)
    powers = [math.exp(score - top) for score in scores]
    return [power / sum(powers) for power in powers]


def attended(q, k, v, mask, bias, heads, kv_heads, scale):
    """Attention by loops over float64: one row, head and query at a time."""
    rows, width, features = q.shape
    size = features // heads
    result = np.zeros(q.shape)
    for b, h, i in itertools.product(range(rows), range(heads), range(width)):
        mine = slice(h * size, (h + 1) * size)
        other = h * kv_heads // heads
        theirs = slice(other * size, (other + 1) * size)
        seen = [j for j in range(width) if mask[b, j] and (bias is None or bias[h, i, j] > -np.inf)]
        scores = [
            scale * float(q[b, i, mine].astype(float) @ k[b, j, theirs].astype(float))
            + (0.0 if bias is None else float(bias[h, i, j]))
            for j in seen
        ]
        for weight, j in zip(softmax_over(scores), seen, strict=True):
            result[b, i, mine] += weight * v[b, j, theirs].astype(float)
    return result


@pytest.mark.parametrize(("heads", "kv_heads"), [(1, 1), (3, 3), (4, 2), (4, 1)])
@pytest.mark.parametrize("biased", [False, True])
def test_attention(heads, kv_heads, biased):
    size, scale = 2, 0.3
    q = floats(2, 5, heads * size)
    k, v = floats(2, 5, kv_heads * size), floats(2, 5, kv_heads * size)
    mask = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]])
    bias = np.where(np.tri(5, dtype=bool), floats(heads, 5, 5), -np.inf) if biased else None
    given = None if bias is None else bias.astype(np.float32)[None]
    result = run("attention", q, k, v, mask, given, heads=heads, kv_heads=kv_heads, scale=scale)
    near(result, attended(q, k, v, mask, bias, heads, kv_heads, scale), within=8 * ULP)


def test_attention_to_nothing_is_finite():
    q = floats(1, 3, 4)
    mask = np.zeros((1, 3), np.int64)
    with np.errstate(all="raise"):
        result = run("attention", q, q, q, mask, None, heads=2, kv_heads=2, scale=1.0)
    assert np.isfinite(result).all()


def test_attention_survives_large_scores():
    q = floats(1, 3, 4, scale=1e4)
    mask = np.ones((1, 3), np.int64)
    result = run("attention", q, q, q, mask, None, heads=1, kv_heads=1, scale=1.0)
    assert np.isfinite(result).all()


def test_rms_norm():
    x, weight = floats(2, 3, 6), floats(6)
    wide = x.astype(float)
    root = np.array([[math.sqrt(sum(a * a for a in row) / 6 + 1e-6) for row in t] for t in wide])
    near(run("rms_norm", x, weight, eps=1e-6), wide / root[..., None] * weight.astype(float))


@pytest.mark.parametrize(("size", "turning"), [(4, 4), (6, 2)])
def test_rotary(size, turning):
    """Each pair is a complex number, turned by multiplying it with cos + i sin."""
    heads, width = 2, 3
    x = floats(2, width, heads * size)
    angles = RANDOM.normal(size=(width, turning // 2))
    cos, sin = (f(np.tile(angles, 2)).astype(np.float32) for f in (np.cos, np.sin))
    expected = x.astype(float).reshape(2, width, heads, size)
    for t, pair in itertools.product(range(width), range(turning // 2)):
        first, second = pair, pair + turning // 2
        number = expected[:, t, :, first] + 1j * expected[:, t, :, second]
        number = number * complex(math.cos(angles[t, pair]), math.sin(angles[t, pair]))
        expected[:, t, :, first], expected[:, t, :, second] = number.real, number.imag
    near(run("rotary", x, cos, sin, heads=heads), expected.reshape(x.shape))


@pytest.mark.parametrize("name", ["cos", "sin"])
def test_cos_and_sin(name):
    x = floats(4, 3, scale=5.0)
    expected = [[getattr(math, name)(float(value)) for value in row] for row in x]
    near(run(name, x), expected)


test_cos = test_sin = test_cos_and_sin  # one body for two primitives


def test_gather_elements():
    x = np.array([[[1, 2, 3], [4, 5, 6]]], np.float32)
    index = np.array([[[2, 0], [1, 1]]])
    exact(run("gather_elements", x, index), [[[3, 1], [5, 5]]], np.float32)


def test_reshape():
    x = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    exact(run("reshape", x, shape=(0, -1)), [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]], np.float32)
    assert run("reshape", x, shape=(0, 0, 2, -1)).shape == (2, 3, 2, 1)


def test_transpose():
    x = floats(2, 3, 4)
    result = run("transpose", x, perm=(2, 0, 1))
    assert all(
        result[c, a, b] == x[a, b, c] for a, b, c in itertools.product(range(2), range(3), range(4))
    )
