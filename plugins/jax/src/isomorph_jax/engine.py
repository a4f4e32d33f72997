"""The package jax: imported here for the first time, or refused with what to do."""

from __future__ import annotations

import os
from functools import cache
from importlib import import_module
from typing import Any

from isomorph.errors import BackendUnavailable

NAME = "jax"
_PREALLOCATE = "XLA_PYTHON_CLIENT_PREALLOCATE"


@cache
def engine() -> Any:
    """The package `jax` with its submodule `export`.

    Raises:
        BackendUnavailable: it is not installed or does not load.
    """
    try:
        jax = import_module("jax")
        import_module("jax.export")
    except (ImportError, OSError, RuntimeError, AttributeError) as cause:
        why = f"JAX cannot be imported ({type(cause).__name__}: {cause})"
        raise BackendUnavailable(NAME, why, "--upgrade jax jaxlib") from cause
    return jax


@cache
def local_devices() -> tuple[Any, ...]:
    """All devices of this process, the default platform's first, then the CPU's.

    The first question starts JAX's runtime. On a GPU that runtime takes most of the memory at once, unless
    it is told not to; whoever lists devices wants no memory. What the user has set stays.

    Raises:
        BackendUnavailable: no runtime starts.
    """
    jax = engine()
    own = _PREALLOCATE not in os.environ
    if own:
        os.environ[_PREALLOCATE] = "false"
    try:
        found = list(jax.local_devices())
        if found[0].platform != "cpu":
            found += jax.local_devices(backend="cpu")
    except RuntimeError as cause:
        raise BackendUnavailable(
            NAME, f"JAX finds no device: {cause}", "--upgrade jax jaxlib"
        ) from cause
    finally:
        if own:
            del os.environ[_PREALLOCATE]
    return tuple(found)
