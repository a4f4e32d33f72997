"""Forwards of fixed shapes: a text's shape depends on its own length and on nothing else.

Engines choose their kernels, and with them the order in which they sum, by the shape of a forward. Where
an engine sums all rows of one shape alike (`Claim.batch_invariant`) texts share a forward, else each is
alone. An engine may leave the mask out where nothing is padded, so texts that fill their width have forwards
of their own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from isomorph.schedule.batches import Batch
from isomorph.schedule.lattice import Lattice

NARROWEST = 16
"""Tokens of the narrowest forward; up to `STEP` widths double."""
STEP = 64
"""Above it, widths are its multiples."""
TOKENS = 256
"""Padded tokens of a forward, if one text does not have more: a text alone pays for all of them."""


def fixed_width(length: int, longest: int | None) -> int:
    """The width at which a text of so many tokens always runs; no more than the model has positions."""
    if length > STEP:
        width = -(-length // STEP) * STEP
    else:
        width = NARROWEST
        while width < length:
            width *= 2
    return width if longest is None else max(length, min(width, longest))


def fixed_rows(width: int) -> int:
    """The rows of a forward of this width."""
    return max(1, TOKENS // width)


def plan_fixed(
    lengths: NDArray[np.int64],
    attended: NDArray[np.int64],
    longest: int | None,
    lattice: Lattice | None = None,
) -> list[Batch]:
    """Batches of fixed shapes, wide ones first; what a batch lacks in rows is blank.

    `attended` counts the tokens of each text that no mask hides; `longest` is the number of positions
    that the model has, None where there is no limit. `lattice` is that of an engine which takes no other
    shapes.
    """
    kinds = []
    for length, seen in zip(lengths.tolist(), attended.tolist(), strict=True):
        width = fixed_width(length, longest)
        if lattice is not None:
            width = lattice.width(length if lattice.widths else width)
        kinds.append((width, seen == width))
    batches = []
    for kind in sorted(set(kinds), reverse=True):
        width, _ = kind
        texts = [index for index, own in enumerate(kinds) if own == kind]
        rows = fixed_rows(width) if lattice is None else lattice.at_most(fixed_rows(width))
        for start in range(0, len(texts), rows):
            some = tuple(texts[start : start + rows])
            batches.append(Batch(some, width, rows - len(some)))
    return batches


def plan_alone(lengths: NDArray[np.int64], lattice: Lattice | None = None) -> list[Batch]:
    """Every text alone, without padding where there is no lattice: its shape is its own."""
    if lattice is not None:
        return [lattice.alone(index, length) for index, length in enumerate(lengths.tolist())]
    return [Batch((index,), max(1, length)) for index, length in enumerate(lengths.tolist())]
