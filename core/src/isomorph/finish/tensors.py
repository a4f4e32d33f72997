"""Results as torch tensors, where the caller asks for them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from numpy.typing import NDArray

from isomorph.errors import Unsupported

LIBRARY = "torch"


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
