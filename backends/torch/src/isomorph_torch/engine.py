"""The one place where torch and transformers are imported for the first time."""

from __future__ import annotations

from typing import Any

from isomorph.errors import BackendUnavailable

NAME = "torch"
INSTALL = "--upgrade torch transformers"


def engine() -> Any:
    """The package torch; later imports of it and of transformers are then known to work.

    Raises:
        BackendUnavailable: one of them is missing or broken; says which, why and what to run.
    """
    package = "torch"
    try:
        import torch

        package = "transformers"
        from transformers import AutoModel  # noqa: F401
    except (ImportError, OSError, RuntimeError) as cause:  # OSError: a shared library is missing
        why = f"importing {package} failed: {type(cause).__name__}: {cause}"
        raise BackendUnavailable(NAME, why, INSTALL) from cause
    return torch
