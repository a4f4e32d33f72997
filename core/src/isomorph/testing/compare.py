"""Comparing values with the reference: how close is close, and what to say when it is not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from isomorph.contract import Values
from isomorph.errors import InputError

Floats = NDArray[np.floating]

AGREES = {"float64": 1e-5, "float32": 1e-5, "tf32": 5e-3, "float16": 1e-2, "bfloat16": 6e-2}
"""Largest difference from the float32 reference, in units of the output's scale, by number type.

The type is that of the arithmetic or of the stored weights, whichever has fewer bits.
"""

REPEATS = {"float64": 5e-6, "float32": 5e-6, "tf32": 5e-3, "float16": 1e-2, "bfloat16": 6e-2}
"""Largest difference between two ways of asking the same session for the same row.

A product of another shape sums in another order: 40 steps of float32, where 15 were seen on the
kit's models, whose weights are stronger than trained ones. On a real model tests hold it to 1e-6.
"""


class LawBroken(AssertionError):
    """A backend broke a law of the contract."""


def require(holds: object, message: str) -> None:
    """Raises `LawBroken` unless something holds."""
    if not holds:
        raise LawBroken(message)


def tolerance(table: dict[str, float], number_type: str) -> float:
    """The tolerance for arithmetic or weights of a number type.

    Raises:
        InputError: the kit does not know the number type.
    """
    try:
        return table[number_type]
    except KeyError:
        raise InputError(
            f"The kit has no tolerance for {number_type!r}; it knows {', '.join(table)}. "
            "Set the class attribute 'tolerance' of your BackendTests, or --isomorph-tolerance."
        ) from None


def assert_close(
    actual: Floats, expected: Floats, within: float, what: str, scale: float | None = None
) -> None:
    """Fails where two arrays differ by more than `within` times the scale of the output.

    The scale is the largest magnitude in `expected` unless it is given: of one row of a batch it may
    happen to be small. The message names `what`, the worst element
    and both of its values.
    """
    require(
        actual.shape == expected.shape,
        f"{what}: shape {actual.shape} instead of {expected.shape}",
    )
    if not expected.size:
        return
    finite = np.isfinite(actual)
    require(finite.all(), f"{what}: {int((~finite).sum())} of {actual.size} values are not finite")
    scale = max(float(np.abs(expected).max()) if scale is None else scale, 1e-6)
    off = np.abs(actual.astype(np.float64) - expected) / scale
    worst = np.unravel_index(int(off.argmax()), off.shape)
    require(
        off[worst] <= within,
        f"{what}: element {tuple(map(int, worst))} is {actual[worst]:.7g} instead of "
        f"{expected[worst]:.7g}, off by {off[worst]:.2g} of the output's scale (allowed: {within:g})",
    )


def real_tokens(name: str, array: Floats, feeds: Values) -> Floats:
    """The part of an output that means something: of token states those of real tokens.

    What stands at padding must be finite, since it is multiplied by 0 later, and is otherwise free.
    """
    mask = feeds.get("attention_mask")
    if array.ndim < 3 or mask is None:  # one vector a row
        return array
    require(np.isfinite(array).all(), f"{name} is not finite at padding")
    return array[..., mask != 0, :]
