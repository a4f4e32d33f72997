"""Primitives of neural networks: products with weights, norms, attention."""

from __future__ import annotations

from math import prod

import numpy as np

from isomorph.errors import BadModel
from isomorph.primitives.array import Array
from isomorph.primitives.builder import Ref
from isomorph.primitives.ops.elementwise import maximum, sqrt
from isomorph.primitives.ops.reduction import reduce
from isomorph.primitives.primitive import Attrs, Primitive, Shape, Shapes, fit, float32, same


def linear(x: Ref, weight: Ref, bias: Ref | None = None) -> Ref:
    """x (…, I) times the transpose of weight (O, I), plus bias (O,) -> (…, O)."""
    return x.builder.emit("linear", (x, weight, bias))


def matmul(a: Ref, b: Ref) -> Ref:
    """numpy.matmul of float32 values."""
    return a.builder.emit("matmul", (a, b))


def layer_norm(x: Ref, weight: Ref, bias: Ref | None, eps: float) -> Ref:
    """(x - mean) / sqrt(variance + eps) * weight + bias over the last axis; biased variance."""
    return x.builder.emit("layer_norm", (x, weight, bias), eps=float(eps))


def rms_norm(x: Ref, weight: Ref, eps: float) -> Ref:
    """x / sqrt(mean(x^2) + eps) * weight over the last axis (Zhang and Sennrich, arXiv:1910.07467)."""
    return x.builder.emit("rms_norm", (x, weight), eps=float(eps))


def softmax(x: Ref) -> Ref:
    """exp(x) over its sum along the last axis."""
    return x.builder.emit("softmax", (x,))


def l2_normalize(x: Ref, eps: float = 1e-12) -> Ref:
    """x / max(||x||, eps) over the last axis; composed of other primitives."""
    norm = sqrt(reduce(x * x, "sum", axis=-1, keepdims=True))
    return x / maximum(norm, eps)


def attention(
    q: Ref,
    k: Ref,
    v: Ref,
    mask: Ref,
    bias: Ref | None = None,
    *,
    heads: int,
    kv_heads: int | None = None,
    scale: float,
) -> Ref:
    """Multi-head attention: q (B, T, H) in `heads` heads; k, v (B, T, H kv_heads / heads).

    softmax(scale q k^T + bias, over keys where the int64 `mask` (B, T) is not 0) v -> (B, T, H).
    `bias` broadcasts to (B, heads, T, T); -inf in it excludes a pair. With fewer `kv_heads` each
    of them serves heads / kv_heads consecutive query heads. A query that may attend to nothing has
    unspecified, finite results.
    """
    settings = {"heads": heads, "kv_heads": kv_heads or heads, "scale": float(scale)}
    return q.builder.emit("attention", (q, k, v, mask, bias), **settings)


def rotary(x: Ref, cos: Ref, sin: Ref, *, heads: int) -> Ref:
    """Rotary positions (Su et al. 2021, arXiv:2104.09864), halves paired: x (B, T, H) in `heads` heads.

    cos and sin are (T, R), or (B, T, R) where each row turns by angles of its own, with R at most the size
    of a head; of each head's first R features, u the first half and w the second, becomes
    (u cos - w sin, w cos + u sin); the rest stays. The two halves of cos and of sin are equal.
    """
    return x.builder.emit("rotary", (x, cos, sin), heads=heads)


def conv1d(
    x: Ref,
    weight: Ref,
    bias: Ref | None = None,
    *,
    stride: int = 1,
    padding: tuple[int, int] = (0, 0),
    groups: int = 1,
) -> Ref:
    """A convolution along the positions: x (B, T, I), weight (O, I / groups, K), bias (O,) -> (B, U, O).

    out[b, u] = bias + the sum over k of weight[:, :, k] x[b, u stride + k - left], in which x is 0 beyond
    its ends; `padding` is (left, right), and U = (T + left + right - K) // stride + 1. Each of the `groups`
    of consecutive features of the result reads the group of x at its own place.
    """
    settings = {"stride": stride, "padding": padding, "groups": groups}
    return x.builder.emit("conv1d", (x, weight, bias), **settings)


def _linear(x: Array, weight: Array, bias: Array | None) -> Array:
    """Rows are multiplied as one matrix, so that BLAS sees a single large product."""
    rows = x.reshape(-1, x.shape[-1]) @ weight.T
    if bias is not None:
        rows += bias
    return np.asarray(rows.reshape(*x.shape[:-1], weight.shape[0]))


def _outputs(shapes: Shapes, attrs: Attrs) -> Shape:
    fit(shapes, shapes[0][-1], shapes[1][1])
    return (*shapes[0][:-1], shapes[1][0])


def _matmul(a: Array, b: Array) -> Array:
    return np.asarray(np.matmul(a, b))


def _product(shapes: Shapes, attrs: Attrs) -> Shape:
    a, b = shapes
    fit(shapes, a[-1], b[-2])
    return (*np.broadcast_shapes(a[:-2], b[:-2]), a[-2], b[-1])


def _layer_norm(x: Array, weight: Array, bias: Array | None, *, eps: float) -> Array:
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.mean(centred * centred, axis=-1, keepdims=True)
    y = centred / np.sqrt(variance + np.float32(eps)) * weight
    return np.asarray(y if bias is None else y + bias)


def _rms_norm(x: Array, weight: Array, *, eps: float) -> Array:
    square = np.mean(x * x, axis=-1, keepdims=True)
    return np.asarray(x / np.sqrt(square + np.float32(eps)) * weight)


def _softmax(x: Array) -> Array:
    grown = np.exp(x - x.max(axis=-1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=-1, keepdims=True))


def _normed(shapes: Shapes, attrs: Attrs) -> Shape:
    fit(shapes, shapes[0][-1], shapes[1][0])
    return shapes[0]


def _attention(
    q: Array,
    k: Array,
    v: Array,
    mask: Array,
    bias: Array | None,
    *,
    heads: int,
    kv_heads: int,
    scale: float,
) -> Array:
    """One row at a time, to bound memory."""
    result = np.empty_like(q)
    lowest = np.finfo(np.float32).min
    shared = heads // kv_heads  # query heads for each head of keys and values
    for row, real in enumerate(mask):
        queries = _heads(q[row], heads)
        keys, values = (np.repeat(_heads(x[row], kv_heads), shared, axis=0) for x in (k, v))
        scores = queries @ keys.transpose(0, 2, 1) * np.float32(scale)
        if bias is not None:
            scores += bias[row if bias.shape[0] > 1 else 0]
        scores = np.maximum(np.where(real != 0, scores, lowest), lowest)
        scores -= scores.max(axis=-1, keepdims=True)
        weights = np.exp(scores, out=scores)
        weights /= weights.sum(axis=-1, keepdims=True)
        result[row] = (weights @ values).transpose(1, 0, 2).reshape(q.shape[1:])
    return result


def _heads(x: Array, heads: int) -> Array:
    """(T, H) -> (heads, T, H / heads)."""
    return x.reshape(len(x), heads, -1).transpose(1, 0, 2)


def _pairs(shapes: Shapes, attrs: Attrs) -> int:
    """The weights of all pairs."""
    rows, width, _ = shapes[0]
    size: int = rows * attrs["heads"] * width * width * 4
    return size


def _rotary(x: Array, cos: Array, sin: Array, *, heads: int) -> Array:
    """Turns the pairs (i, i + R / 2) of each head's first R features by their position's angles."""
    split = x.reshape(*x.shape[:2], heads, -1)
    size = cos.shape[-1]
    turning, rest = split[..., :size], split[..., size:]
    first, second = np.split(turning, 2, axis=-1)
    turned = np.concatenate([-second, first], axis=-1)
    result = turning * cos[..., None, :] + turned * sin[..., None, :]
    return np.concatenate([result, rest], axis=-1).reshape(x.shape)


def _conv1d(
    x: Array,
    weight: Array,
    bias: Array | None,
    *,
    stride: int,
    padding: tuple[int, int],
    groups: int,
) -> Array:
    """One matrix product for each position of the kernel and group, over x shifted by as much."""
    outputs, _, size = weight.shape
    padded = np.pad(x, ((0, 0), padding, (0, 0)))
    rows, width, inputs = padded.shape
    count = (width - size) // stride + 1
    split = padded.reshape(rows, width, groups, inputs // groups).transpose(2, 0, 1, 3)
    kernels = weight.reshape(groups, 1, outputs // groups, -1, size)
    result = np.zeros((groups, rows, count, outputs // groups), x.dtype)
    for k in range(size):
        seen = split[:, :, k : k + (count - 1) * stride + 1 : stride]
        result += seen @ kernels[..., k].swapaxes(2, 3)
    joined = result.transpose(1, 2, 0, 3).reshape(rows, count, outputs)
    return np.asarray(joined if bias is None else joined + bias)


def _convolved(shapes: Shapes, attrs: Attrs) -> Shape:
    (rows, width, features), (outputs, inputs, size) = shapes[:2]
    fit(shapes, features, inputs * attrs["groups"])
    left = width + sum(attrs["padding"]) - size
    if left < 0 or outputs % attrs["groups"]:
        raise BadModel(f"Values of {shapes[0]} do not fit a convolution of {shapes[1]}.")
    return rows, left // attrs["stride"] + 1, outputs


def _windows(shapes: Shapes, attrs: Attrs) -> int:
    """The input once for each position of the kernel, of which only every `stride`-th is looked at."""
    looks: int = -(-shapes[1][2] // attrs["stride"])
    return prod(shapes[0]) * looks * 4


PRIMITIVES = (
    Primitive("linear", _linear, _outputs, float32, by_row=1),
    Primitive("matmul", _matmul, _product, float32),
    Primitive("layer_norm", _layer_norm, _normed, float32, by_row=1),
    Primitive("rms_norm", _rms_norm, _normed, float32, by_row=1),
    Primitive("softmax", _softmax, same, float32, by_row=1),
    Primitive("attention", _attention, same, float32, _pairs),
    Primitive("rotary", _rotary, same, float32),
    Primitive("conv1d", _conv1d, _convolved, float32, _windows),
)
