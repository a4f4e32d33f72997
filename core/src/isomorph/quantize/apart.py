"""Columns of a matrix that what it multiplies makes far larger than the others.

Eight bits of a token are shared by all its numbers. Where a few of them are ten times as large as the rest,
the rest has the few codes that are left. Which numbers these are hardly depends on the text.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from isomorph.model.model import Model
from isomorph.primitives.program import Node
from isomorph.quantize.candidates import Place
from isomorph.quantize.encoded import Columns
from isomorph.quantize.losses import watched

MOST = 8
"""Columns that are set apart at most."""
SHARE = 32
"""One column of so many is set apart at most."""
GAIN = 0.6
"""Columns are set apart where the largest of the others is at most this share of the largest."""


def set_apart(
    model: Model, chosen: Collection[Place], inputs: Sequence[Any]
) -> Mapping[Place, Columns]:
    """The columns of chosen weights of linear layers that deserve a scale of their own, where there are such.

    Layers that read the same numbers have the same columns, so that these are rounded once.
    """
    largest: dict[Place, NDArray[np.float32]] = {}

    def seen(place: Place, node: Node, values: Sequence[Any], result: NDArray[Any]) -> None:
        x = np.asarray(values[0])
        found = np.abs(x.reshape(-1, x.shape[-1])).max(axis=0)
        largest[place] = np.maximum(largest[place], found) if place in largest else found

    watched(model, chosen, inputs, seen)
    columns = {place: far_larger(found) for place, found in largest.items()}
    return {place: found for place, found in columns.items() if len(found)}


def far_larger(largest: NDArray[np.float32]) -> Columns:
    """The columns to set apart, by the largest number of each; none where that would gain little."""
    count = min(MOST, len(largest) // SHARE)
    order = np.argsort(-largest, kind="stable")
    if not count or not np.isfinite(largest).all():
        return np.zeros(0, np.int32)
    if largest[order[count]] > GAIN * largest[order[0]]:
        return np.zeros(0, np.int32)
    return np.sort(order[:count]).astype(np.int32)
