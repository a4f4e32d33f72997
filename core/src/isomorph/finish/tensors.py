"""Results as torch tensors, where the caller asks for them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from numpy.typing import NDArray

from isomorph.errors import Unsupported

LIBRARY = "torch"


def as_given(result: NDArray[Any], *inputs: Any) -> Any:
    """A tensor where one of the inputs, or of what they list, is one; else the array."""
    firsts = (each[0] if isinstance(each, list | tuple) and each else each for each in inputs)
    return as_tensor(result) if any(_is_tensor(each) for each in firsts) else result


def _is_tensor(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == LIBRARY


def as_tensor(array: NDArray[Any]) -> Any:
    """A tensor on the CPU that shares the array's memory.

    Raises:
        Unsupported: the library is not installed.
    """
    if find_spec(LIBRARY) is None:
        raise Unsupported(
            f"convert_to_tensor=True needs {LIBRARY}, which is not installed. Leave it out to get "
            f"numpy arrays, or run: pip install {LIBRARY}"
        )
    return import_module(LIBRARY).from_numpy(array)
