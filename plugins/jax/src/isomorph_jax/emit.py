"""The primitives in JAX's own operations. Imports JAX: import this module inside of functions.

Integers are int32 here, as JAX has them by default. Products with weights take the number type of the
weights and give float32; everything else is float32, whatever the arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

Array = Any
LOWEST = -3.4028234663852886e38
"""The lowest number of float32: the score of a pair that does not attend."""


def _product(form: str, a: Array, b: Array) -> Array:
    """A sum of products: operands in the narrower of their types, the result in float32."""
    narrow = min((a.dtype, b.dtype), key=lambda dtype: dtype.itemsize)
    precision = lax.Precision.HIGHEST if narrow == jnp.float32 else lax.Precision.DEFAULT
    return jnp.einsum(
        form,
        a.astype(narrow),
        b.astype(narrow),
        precision=precision,
        preferred_element_type=jnp.float32,
    )


ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = {
    "gelu": partial(jax.nn.gelu, approximate=False),
    "gelu_tanh": partial(jax.nn.gelu, approximate=True),
    "relu": lambda x: jnp.maximum(x, 0),
    "relu2": lambda x: jnp.square(jnp.maximum(x, 0)),
    "sigmoid": jax.nn.sigmoid,
    "silu": lambda x: x * jax.nn.sigmoid(x),
    "tanh": jnp.tanh,
}


def _linear(x: Array, weight: Array, bias: Array | None) -> Array:
    y = _product("...i,oi->...o", x, weight)
    return y if bias is None else y + bias


def _layer_norm(x: Array, weight: Array, bias: Array | None, *, eps: float) -> Array:
    centred = x - x.mean(-1, keepdims=True)
    y = centred / jnp.sqrt(jnp.square(centred).mean(-1, keepdims=True) + eps) * weight
    return y if bias is None else y + bias


def _rms_norm(x: Array, weight: Array, *, eps: float) -> Array:
    return x / jnp.sqrt(jnp.square(x).mean(-1, keepdims=True) + eps) * weight


def _softmax(x: Array) -> Array:
    grown = jnp.exp(x - x.max(-1, keepdims=True))
    return grown / grown.sum(-1, keepdims=True)


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
    narrow: Any,
) -> Array:
    rows, width = mask.shape
    size = q.shape[-1] // heads
    shared = heads // kv_heads
    q = q.reshape(rows, width, kv_heads, shared, size).astype(narrow)
    k, v = (x.reshape(rows, width, kv_heads, size).astype(narrow) for x in (k, v))
    scores = _product("bqgsd,bkgd->bgsqk", q, k) * scale
    scores = scores.reshape(rows, heads, width, width)
    if bias is not None:
        scores = scores + bias
    scores = jnp.maximum(jnp.where(mask[:, None, None, :] != 0, scores, LOWEST), LOWEST)
    weights = _softmax(scores).reshape(rows, kv_heads, shared, width, width).astype(narrow)
    return _product("bgsqk,bkgd->bqgsd", weights, v).reshape(rows, width, heads * size)


def _rotary(x: Array, cos: Array, sin: Array, *, heads: int) -> Array:
    split = x.reshape(x.shape[0], x.shape[1], heads, x.shape[2] // heads)
    size = cos.shape[-1]
    turning, rest = split[..., :size], split[..., size:]
    first, second = turning[..., : size // 2], turning[..., size // 2 :]
    turned = jnp.concatenate([-second, first], -1)
    result = turning * cos[..., None, :] + turned * sin[..., None, :]
    return jnp.concatenate([result, rest], -1).reshape(x.shape)


def _conv1d(
    x: Array,
    weight: Array,
    bias: Array | None,
    *,
    stride: int,
    padding: tuple[int, int],
    groups: int,
) -> Array:
    precision = lax.Precision.HIGHEST if weight.dtype == jnp.float32 else None
    y = lax.conv_general_dilated(
        x.astype(weight.dtype),
        weight,
        (stride,),
        [padding],
        dimension_numbers=("NWC", "OIW", "NWC"),
        feature_group_count=groups,
        precision=precision,
    ).astype(jnp.float32)
    return y if bias is None else y + bias


def _lstm(
    x: Array,
    lengths: Array,
    input_weight: Array,
    state_weight: Array,
    bias: Array,
    *,
    hidden: int,
    reverse: bool,
) -> Array:
    gates = _product("bti,oi->tbo", x, input_weight) + bias
    nothing = jnp.zeros((x.shape[0], hidden), jnp.float32)

    def step(state: tuple[Array, Array], now: tuple[Array, Array]) -> tuple[Any, Array]:
        (h, c), (gate, place) = state, now
        i, f, g, o = jnp.split(gate + _product("bh,oh->bo", h, state_weight), 4, axis=1)
        cell = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        real = (place < lengths)[:, None]
        c = jnp.where(real, cell, c)
        h = jnp.where(real, jax.nn.sigmoid(o) * jnp.tanh(cell), h)
        return (h, c), jnp.where(real, h, 0)

    places = jnp.arange(x.shape[1], dtype=jnp.int32)
    _, states = lax.scan(step, (nothing, nothing), (gates, places), reverse=reverse)
    return jnp.swapaxes(states, 0, 1)


def _experts(
    x: Array, routes: Array, *matrices: Array, count: int, activation: str, turned: bool
) -> Array:
    """Every network on all positions; where a route is 0, what it says is left out."""
    result = jnp.zeros_like(x)
    for index in range(count):
        up, down, *gate = matrices[index::count]
        inner = _linear(x, up, None)
        if gate:
            inner = inner * ACTIVATIONS[activation](_linear(x, gate[0], None))
        else:
            inner = ACTIVATIONS[activation](inner)
        answer = _product("...i,io->...o" if turned else "...i,oi->...o", inner, down)
        share = routes[..., index, None]
        result = result + jnp.where(share != 0, answer * share, 0)
    return result


def _keep_largest(x: Array, *, count: int) -> Array:
    kept, places = lax.top_k(x, count)  # of equal values the first come first
    kept, places = (each.reshape(-1, count) for each in (kept, places))
    rows = jnp.arange(kept.shape[0], dtype=jnp.int32)[:, None]
    nothing = jnp.zeros((kept.shape[0], x.shape[-1]), x.dtype)
    return nothing.at[rows, places].set(kept).reshape(x.shape)


def _scatter(x: Array, index: Array, *, size: int, kind: str) -> Array:
    rows = jnp.arange(x.shape[0], dtype=jnp.int32)[:, None]
    target = jnp.zeros((x.shape[0], size), x.dtype).at[rows, index]
    return target.max(x) if kind == "max" else target.add(x)


def _segment_mean(x: Array, offsets: Array) -> Array:
    starts = jnp.zeros((x.shape[0] + 1,), jnp.int32).at[offsets].add(1)
    owner = jnp.cumsum(starts)[:-1] - 1  # of each row of x the last segment that begins before it
    sums = jnp.zeros((offsets.shape[0], x.shape[1]), x.dtype).at[owner].add(x)
    ends = jnp.concatenate([offsets[1:], jnp.full((1,), x.shape[0], offsets.dtype)])
    return sums / jnp.maximum(ends - offsets, 1)[:, None].astype(x.dtype)


def _reshape(x: Array, *, shape: tuple[int, ...]) -> Array:
    return x.reshape([x.shape[axis] if size == 0 else size for axis, size in enumerate(shape)])


COMPARED = {"equal": jnp.equal, "greater": jnp.greater, "greater_equal": jnp.greater_equal}
REDUCED = {"sum": jnp.sum, "max": jnp.max}
TYPES = {"float32": jnp.float32, "int64": jnp.int32}

OPERATORS: Mapping[str, Callable[..., Array]] = {
    "activation": lambda x, kind: ACTIVATIONS[kind](x),
    "add": jnp.add,
    "arange": lambda x, axis: jnp.arange(x.shape[axis], dtype=jnp.int32),
    "argmax": lambda x, axis: jnp.argmax(x, axis).astype(jnp.int32),
    "attention": _attention,
    "cast": lambda x, dtype: x.astype(TYPES[dtype]),
    "compare": lambda a, b, kind: COMPARED[kind](a, b),
    "concat": lambda *values, axis: jnp.concatenate(values, axis),
    "conv1d": _conv1d,
    "cos": jnp.cos,
    "cumsum": jnp.cumsum,
    "divide": jnp.divide,
    "embedding": lambda table, ids: jnp.take(table, ids, axis=0, mode="clip"),
    "experts": _experts,
    "gather_elements": lambda x, index: jnp.take_along_axis(x, index, axis=-1),
    "keep_largest": _keep_largest,
    "layer_norm": _layer_norm,
    "linear": _linear,
    "log1p": jnp.log1p,
    "lstm": _lstm,
    "matmul": partial(_product, "...ij,...jk->...ik"),
    "maximum": jnp.maximum,
    "multiply": jnp.multiply,
    "reduce": lambda x, kind, axis, keepdims: REDUCED[kind](x, axis=axis, keepdims=keepdims),
    "reshape": _reshape,
    "rms_norm": _rms_norm,
    "rotary": _rotary,
    "scatter_max": partial(_scatter, kind="max"),
    "scatter_sum": partial(_scatter, kind="sum"),
    "segment_mean": _segment_mean,
    "sin": jnp.sin,
    "softmax": _softmax,
    "sqrt": jnp.sqrt,
    "squeeze": jnp.squeeze,
    "subtract": jnp.subtract,
    "take": lambda x, index: x[jnp.arange(x.shape[0], dtype=jnp.int32), index],
    "transpose": lambda x, perm: x.transpose(perm),
    "unsqueeze": jnp.expand_dims,
    "where": jnp.where,
}
"""What each primitive is here; `isomorph.program.ops` says what each of them means."""
