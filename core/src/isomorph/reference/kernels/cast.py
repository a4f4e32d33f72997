"""To another type."""

from isomorph.reference.array import Array


def run(x: Array, *, dtype: str) -> Array:
    """To another type."""
    return x.astype(dtype)
