"""Elementwise activations."""

from collections.abc import Callable

import numpy as np

from isomorph.reference.array import Array
from isomorph.reference.erf import erf

_SQRT_HALF = np.float32(0.5**0.5)
_SQRT_2_OVER_PI = np.float32((2 / np.pi) ** 0.5)


def _gelu(x: Array) -> Array:
    return np.asarray(x * np.float32(0.5) * (1 + erf(x * _SQRT_HALF)))


def _gelu_tanh(x: Array) -> Array:
    inner = _SQRT_2_OVER_PI * (x + np.float32(0.044715) * x**3)
    return np.asarray(np.float32(0.5) * x * (1 + np.tanh(inner)))


def _sigmoid(x: Array) -> Array:
    return np.asarray(np.float32(0.5) * (1 + np.tanh(np.float32(0.5) * x)))  # never overflows


_KINDS: dict[str, Callable[[Array], Array]] = {
    "gelu": _gelu,
    "gelu_tanh": _gelu_tanh,
    "relu": lambda x: np.maximum(x, np.float32(0)),
    "sigmoid": _sigmoid,
    "silu": lambda x: x * _sigmoid(x),
    "tanh": np.tanh,
}


def run(x: Array, *, kind: str) -> Array:
    """One of `isomorph.primitives.ops.ACTIVATIONS`."""
    return _KINDS[kind](x)
