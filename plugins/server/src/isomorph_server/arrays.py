"""Arrays of a forward as JSON: their type, their shape, and base64 of their little-endian bytes."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

TYPES = {"int64": "<i8", "float32": "<f4"}
"""The number types that cross the border of a backend, and how they are written."""


def written(arrays: Mapping[str, NDArray[Any]]) -> dict[str, dict[str, Any]]:
    """Arrays by name as JSON has them."""
    return {
        name: {
            "dtype": str(array.dtype),
            "shape": list(array.shape),
            "data": _text(array),
        }
        for name, array in arrays.items()
    }


def _text(array: NDArray[Any]) -> str:
    little = array.astype(TYPES[str(array.dtype)], order="C", copy=False)
    return base64.b64encode(little.data).decode("ascii")


def read(content: Any) -> dict[str, NDArray[Any]]:
    """The arrays by name, C-contiguous.

    Raises:
        ValueError: it is no such JSON, or the bytes of an array are not those of its shape.
    """
    if not isinstance(content, dict):
        raise ValueError("no object of arrays")
    return {str(name): _array(str(name), each) for name, each in content.items()}


def _array(name: str, content: Any) -> NDArray[Any]:
    if not isinstance(content, dict) or set(content) != {"dtype", "shape", "data"}:
        raise ValueError(f'{name[:80]!r} is no object of "dtype", "shape" and "data"')
    kind, shape, data = content["dtype"], content["shape"], content["data"]
    if kind not in TYPES:
        raise ValueError(f"{name[:80]!r} is none of {', '.join(TYPES)}")
    if not isinstance(shape, list) or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError(f"the shape of {name[:80]!r} is no list of sizes")
    try:
        found = base64.b64decode(data, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise ValueError(f"the data of {name[:80]!r} is no base64") from None
    written_as = np.dtype(TYPES[kind])
    if len(found) != prod(shape) * written_as.itemsize:
        raise ValueError(f"{name[:80]!r} has {len(found)} bytes, which are not those of {shape}")
    return np.frombuffer(found, written_as).reshape(shape).astype(kind, copy=False)
