"""One primitive a file, each a function `run(*inputs, **attrs)` on numpy arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from numpy.typing import NDArray

from isomorph.primitives.program import PRIMITIVES

Kernel = Callable[..., NDArray[Any]]


@cache
def kernels() -> Mapping[str, Kernel]:
    """The kernels by the name of their primitive, which is the name of their file."""
    return {name: import_module(f"{__name__}.{name}").run for name in sorted(PRIMITIVES)}
