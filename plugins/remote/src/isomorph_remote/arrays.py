"""Arrays of a forward as JSON: their type, their shape, and base64 of their little-endian bytes."""

from __future__ import annotations

import base64
from collections.abc import Mapping
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


def read(content: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """The arrays by name, C-contiguous.

    Raises:
        ValueError, KeyError, TypeError: it is no such JSON.
    """
    return {
        name: np.frombuffer(base64.b64decode(each["data"]), TYPES[each["dtype"]])
        .reshape(each["shape"])
        .astype(each["dtype"], copy=False)
        for name, each in content.items()
    }
