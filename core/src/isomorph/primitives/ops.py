"""The primitives, one function each: what a lowering writes and what an engine must compute.

Shapes: B rows, T positions, H features. Broadcasting is numpy's. Unless stated otherwise values are
float32. `a + b`, `a - b`, `a * b`, `a / b` on `Ref`s emit add, subtract, multiply and divide.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from isomorph.primitives.builder import Ref

ACTIVATIONS = (
    "gelu",  # 0.5 x (1 + erf(x / sqrt 2))
    "gelu_tanh",  # 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
    "relu",
    "sigmoid",
    "silu",  # x sigmoid(x)
    "tanh",
)


def embedding(table: Ref, ids: Ref) -> Ref:
    """Rows of `table` (V, …) at int64 `ids` of any shape -> ids.shape + table.shape[1:]."""
    return table.builder.emit("embedding", (table, ids))


def linear(x: Ref, weight: Ref, bias: Ref | None = None) -> Ref:
    """x (…, I) times the transpose of weight (O, I), plus bias (O,) -> (…, O)."""
    return x.builder.emit("linear", (x, weight, bias))


def layer_norm(x: Ref, weight: Ref, bias: Ref | None, eps: float) -> Ref:
    """(x - mean) / sqrt(variance + eps) * weight + bias over the last axis; biased variance."""
    return x.builder.emit("layer_norm", (x, weight, bias), eps=float(eps))


def activation(x: Ref, kind: str) -> Ref:
    """One of `ACTIVATIONS`, elementwise."""
    return x.builder.emit("activation", (x,), kind=kind)


def rms_norm(x: Ref, weight: Ref, eps: float) -> Ref:
    """x / sqrt(mean(x^2) + eps) * weight over the last axis (Zhang and Sennrich, arXiv:1910.07467)."""
    return x.builder.emit("rms_norm", (x, weight), eps=float(eps))


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


def conv1d(x: Ref, weight: Ref, bias: Ref) -> Ref:
    """A convolution along the positions: x (B, T, I), weight (O, I, K) of odd K, bias (O,) -> (B, T, O).

    out[b, t] = bias + the sum over k of weight[:, :, k] x[b, t + k - (K - 1) / 2], in which x is 0
    beyond its ends.
    """
    return x.builder.emit("conv1d", (x, weight, bias))


def lstm(
    x: Ref,
    lengths: Ref,
    input_weight: Ref,
    state_weight: Ref,
    bias: Ref,
    *,
    hidden: int,
    reverse: bool = False,
) -> Ref:
    """One direction of a long short-term memory (Gers et al. 2000, doi:10.1162/089976600300015015).

    Row b of x (B, T, I) is its first lengths[b] positions, int64 and at least 1; `reverse` reads them
    from the last to the first. State and output begin with zeros and at every position become

        i, f, g, o = the four parts of input_weight x + state_weight h + bias
        c = sigmoid(f) c + sigmoid(i) tanh(g);  h = sigmoid(o) tanh(c)

    with input_weight (4H, I), state_weight (4H, H), bias (4H,) and H `hidden`. Each position's h ->
    (B, T, H); what stands beyond a row's length is unspecified and finite.
    """
    inputs = (x, lengths, input_weight, state_weight, bias)
    return x.builder.emit("lstm", inputs, hidden=hidden, reverse=reverse)


def rotary(x: Ref, cos: Ref, sin: Ref, *, heads: int) -> Ref:
    """Rotary positions (Su et al. 2021, arXiv:2104.09864), halves paired: x (B, T, H) in `heads` heads.

    cos and sin are (T, R) with R at most the size of a head; of each head's first R features, u the
    first half and w the second, becomes (u cos - w sin, w cos + u sin); the rest stays. The two
    halves of cos and of sin are equal.
    """
    return x.builder.emit("rotary", (x, cos, sin), heads=heads)


def matmul(a: Ref, b: Ref) -> Ref:
    """numpy.matmul of float32 values."""
    return a.builder.emit("matmul", (a, b))


def maximum(a: Ref, b: Ref | float) -> Ref:
    """The larger of two, elementwise."""
    return a.builder.emit("maximum", (a, b))


def sqrt(x: Ref) -> Ref:
    """Square root, elementwise."""
    return x.builder.emit("sqrt", (x,))


def cos(x: Ref) -> Ref:
    """Cosine, elementwise."""
    return x.builder.emit("cos", (x,))


def sin(x: Ref) -> Ref:
    """Sine, elementwise."""
    return x.builder.emit("sin", (x,))


def log1p(x: Ref) -> Ref:
    """log(1 + x), elementwise."""
    return x.builder.emit("log1p", (x,))


def cast(x: Ref, dtype: Literal["float32", "int64"]) -> Ref:
    """To another type; bool becomes 0 and 1."""
    return x.builder.emit("cast", (x,), dtype=dtype)


def compare(a: Ref, b: Ref, kind: Literal["equal", "greater", "greater_equal"]) -> Ref:
    """int64 operands, elementwise -> bool."""
    return a.builder.emit("compare", (a, b), kind=kind)


def where(condition: Ref, a: Ref, b: Ref) -> Ref:
    """`a` where the bool `condition` holds, else `b`."""
    return condition.builder.emit("where", (condition, a, b))


def reduce(x: Ref, kind: Literal["sum", "max"], axis: int, keepdims: bool = False) -> Ref:
    """Sum (float32 or int64) or maximum (float32) over one axis."""
    return x.builder.emit("reduce", (x,), kind=kind, axis=axis, keepdims=keepdims)


def cumsum(x: Ref, axis: int) -> Ref:
    """Inclusive running sum of int64 values."""
    return x.builder.emit("cumsum", (x,), axis=axis)


def argmax(x: Ref, axis: int) -> Ref:
    """Index of the first largest int64 value along `axis`, which is removed -> int64."""
    return x.builder.emit("argmax", (x,), axis=axis)


def arange(x: Ref, axis: int) -> Ref:
    """0, 1, …, size of `axis` of x minus 1 -> int64, 1-D."""
    return x.builder.emit("arange", (x,), axis=axis)


def take(x: Ref, index: Ref) -> Ref:
    """Row b of x (B, T, H) at position index[b], int64 (B,) -> (B, H)."""
    return x.builder.emit("take", (x, index))


def gather_elements(x: Ref, index: Ref) -> Ref:
    """out[…, i] = x[…, index[…, i]]: x (…, N), int64 index (…, M), leading axes equal -> (…, M)."""
    return x.builder.emit("gather_elements", (x, index))


def scatter_max(x: Ref, index: Ref, size: int) -> Ref:
    """The largest value that is sent to each place: x (B, M), int64 index (B, M) -> (B, size).

    out[b, j] = max(0, x[b, i] for every i whose index[b, i] is j); 0 <= index < size.
    """
    return x.builder.emit("scatter_max", (x, index), size=size)


def keep_largest(x: Ref, count: int) -> Ref:
    """x (…, N) where it is among the `count` largest of the last axis, 0 elsewhere; count <= N.

    Of equal values at the edge the first ones stay.
    """
    return x.builder.emit("keep_largest", (x,), count=count)


def scatter_sum(x: Ref, index: Ref, size: int) -> Ref:
    """out[b, i] = the sum of x[b, t] over all t where index[b, t] = i: x, int64 index (B, T) -> (B, size)."""
    return x.builder.emit("scatter_sum", (x, index), size=size)


def reshape(x: Ref, shape: Sequence[int]) -> Ref:
    """Another shape of the same elements; 0 keeps the size of that axis of x, one -1 is what is left."""
    return x.builder.emit("reshape", (x,), shape=tuple(shape))


def transpose(x: Ref, perm: Sequence[int]) -> Ref:
    """Axes in another order."""
    return x.builder.emit("transpose", (x,), perm=tuple(perm))


def unsqueeze(x: Ref, axis: int) -> Ref:
    """A new axis of size 1."""
    return x.builder.emit("unsqueeze", (x,), axis=axis)


def squeeze(x: Ref, axis: int) -> Ref:
    """Without an axis of size 1."""
    return x.builder.emit("squeeze", (x,), axis=axis)


def concat(values: Sequence[Ref], axis: int) -> Ref:
    """Joined along an existing axis."""
    return values[0].builder.emit("concat", tuple(values), axis=axis)


def segment_mean(x: Ref, offsets: Ref) -> Ref:
    """Means of consecutive rows: x (N, H), int64 offsets (B,) of each segment's first row -> (B, H).

    An empty segment gives zeros.
    """
    return x.builder.emit("segment_mean", (x, offsets))


def l2_normalize(x: Ref, eps: float = 1e-12) -> Ref:
    """x / max(||x||, eps) over the last axis; composed of other primitives."""
    norm = sqrt(reduce(x * x, "sum", axis=-1, keepdims=True))
    return x / maximum(norm, eps)
