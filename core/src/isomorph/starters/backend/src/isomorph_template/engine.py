"""The engine: one function for each primitive that it has. Replace them by your own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import erf, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Tensor
from isomorph.program import Program

Array = NDArray[Any]

_ERF = np.frompyfunc(erf, 1, 1)  # slow and exact; an engine has its own


def _sigmoid(x: Array) -> Array:
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * x))


ACTIVATIONS: Mapping[str, Callable[[Array], Array]] = {
    "gelu": lambda x: x * (0.5 + 0.5 * np.asarray(_ERF(x * sqrt(0.5)), np.float32)),
    "gelu_tanh": lambda x: x * _sigmoid(sqrt(8 / pi) * (x + 0.044715 * x**3)),
    "relu": lambda x: np.maximum(x, 0),
    "relu2": lambda x: np.maximum(x, 0) ** 2,
    "sigmoid": _sigmoid,
    "silu": lambda x: x * _sigmoid(x),
    "tanh": np.tanh,
}


def _layer_norm(x: Array, weight: Array, bias: Array | None, eps: float) -> Array:
    y: Array = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps) * weight
    return y if bias is None else y + bias


def _linear(x: Array, weight: Array, bias: Array | None) -> Array:
    y: Array = np.einsum("...i,oi->...o", x, weight)
    return y if bias is None else y + bias


def _attention(
    q: Array,
    k: Array,
    v: Array,
    mask: Array,
    bias: Array | None,
    heads: int,
    kv_heads: int,
    scale: float,
) -> Array:
    q = q.reshape(*mask.shape, heads, -1)
    k, v = (np.repeat(x.reshape(*mask.shape, kv_heads, -1), heads // kv_heads, 2) for x in (k, v))
    scores = np.einsum("bqhd,bkhd->bhqk", q, k) * scale + (0 if bias is None else bias)
    scores = np.where(mask[:, None, None, :] != 0, scores, np.finfo(np.float32).min)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights = weights / weights.sum(-1, keepdims=True)
    mixed: Array = np.einsum("bhqk,bkhd->bqhd", weights, v)
    return mixed.reshape(*mask.shape, -1)


OPERATORS: Mapping[str, Callable[..., Array]] = {
    "activation": lambda x, kind: ACTIVATIONS[kind](x),
    "add": np.add,
    "arange": lambda x, axis: np.arange(x.shape[axis]),
    "attention": _attention,
    "cast": lambda x, dtype: x.astype(dtype),
    "compare": lambda a, b, kind: getattr(np, kind)(a, b),
    "cumsum": np.cumsum,
    "embedding": lambda table, ids: table[ids],
    "layer_norm": _layer_norm,
    "linear": _linear,
    "multiply": np.multiply,
    "subtract": np.subtract,
}
"""The primitives that this engine has; `isomorph.program.ops` says what each of them means."""


def arrays(program: Program) -> dict[str, Array]:
    """The constants of a program. Yours go to the device here, once."""
    return {
        name: value.numpy() if isinstance(value, Tensor) else value
        for name, value in program.constants.items()
    }


def run(program: Program, known: Mapping[str, Array]) -> dict[str, Array]:
    """The outputs of a program, node by node. `known` are its constants and its feeds."""
    values: dict[str, Any] = {**known, "": None}  # "" stands for an input that is left out
    for node in program.nodes:
        inputs = [values[name] for name in node.inputs]
        values[node.output] = OPERATORS[node.primitive](*inputs, **node.attrs)
    return {name: np.asarray(values[source]) for name, source in program.outputs.items()}
