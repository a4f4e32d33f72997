"""Primitives that compute each element on its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from isomorph.primitives.array import Array
from isomorph.primitives.builder import Ref
from isomorph.primitives.erf import erf
from isomorph.primitives.primitive import (
    Attrs,
    Kinds,
    Primitive,
    as_first,
    as_second,
    boolean,
    float32,
    joint,
    same,
)

ACTIVATIONS = (
    "gelu",  # 0.5 x (1 + erf(x / sqrt 2))
    "gelu_tanh",  # 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
    "relu",
    "relu2",  # relu(x)^2
    "sigmoid",
    "silu",  # x sigmoid(x)
    "tanh",
)


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


def activation(x: Ref, kind: str) -> Ref:
    """One of `ACTIVATIONS`, elementwise."""
    return x.builder.emit("activation", (x,), kind=kind)


def cast(x: Ref, dtype: Literal["float32", "int64"]) -> Ref:
    """To another type; bool becomes 0 and 1."""
    return x.builder.emit("cast", (x,), dtype=dtype)


def compare(a: Ref, b: Ref, kind: Literal["equal", "greater", "greater_equal"]) -> Ref:
    """int64 operands, elementwise -> bool."""
    return a.builder.emit("compare", (a, b), kind=kind)


def where(condition: Ref, a: Ref, b: Ref) -> Ref:
    """`a` where the bool `condition` holds, else `b`."""
    return condition.builder.emit("where", (condition, a, b))


_SQRT_HALF = np.float32(0.5**0.5)
_SQRT_2_OVER_PI = np.float32((2 / np.pi) ** 0.5)


def _gelu(x: Array) -> Array:
    return np.asarray(x * np.float32(0.5) * (1 + erf(x * _SQRT_HALF)))


def _gelu_tanh(x: Array) -> Array:
    inner = _SQRT_2_OVER_PI * (x + np.float32(0.044715) * x**3)
    return np.asarray(np.float32(0.5) * x * (1 + np.tanh(inner)))


def logistic(x: Array) -> Array:
    """sigmoid(x) of an array, without an overflow anywhere."""
    return np.asarray(np.float32(0.5) * (1 + np.tanh(np.float32(0.5) * x)))


_ACTIVATED: dict[str, Callable[[Array], Array]] = {
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "relu": lambda x: np.maximum(x, np.float32(0)),
    "relu2": lambda x: np.square(np.maximum(x, np.float32(0))),
    "sigmoid": logistic,
    "silu": lambda x: x * logistic(x),
    "tanh": np.tanh,
}


def activated(x: Array, *, kind: str) -> Array:
    """One of `ACTIVATIONS` of an array."""
    return _ACTIVATED[kind](x)


_COMPARED = {"equal": np.equal, "greater": np.greater, "greater_equal": np.greater_equal}


def _compare(a: Array, b: Array, *, kind: str) -> Array:
    return np.asarray(_COMPARED[kind](a, b))


def _cast(x: Array, *, dtype: str) -> Array:
    return x.astype(dtype)


def _as_asked(kinds: Kinds, attrs: Attrs) -> str:
    return str(attrs["dtype"])


PRIMITIVES = (
    Primitive("add", np.add, joint, as_first, by_row=2),
    Primitive("subtract", np.subtract, joint, as_first, by_row=2),
    Primitive("multiply", np.multiply, joint, as_first, by_row=2),
    Primitive("divide", np.divide, joint, as_first, by_row=2),
    Primitive("maximum", np.maximum, joint, as_first, by_row=2),
    Primitive("sqrt", np.sqrt, same, float32, by_row=1),
    Primitive("cos", np.cos, same, float32, by_row=1),
    Primitive("sin", np.sin, same, float32, by_row=1),
    Primitive("log1p", np.log1p, same, float32, by_row=1),
    Primitive("activation", activated, same, float32, by_row=1),
    Primitive("cast", _cast, same, _as_asked),
    Primitive("compare", _compare, joint, boolean),
    Primitive("where", np.where, joint, as_second),
)
