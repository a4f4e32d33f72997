"""Vectors of positions for a grid of patches, where files hold those of another grid."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np
from numpy.typing import NDArray

from isomorph.encoders.names import EncoderWeights
from isomorph.encoders.vision.description import Places, VisionEncoder
from isomorph.encoders.vision.filters import matrix
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref

PLACES = "patch_places"
"""float32 (rows, width, stored positions): how much of each stored position a patch takes."""
_A = -0.75
"""The free parameter of the cubic, as DINOv2 was made with."""


def placed(encoder: VisionEncoder, named: EncoderWeights, values: Mapping[str, Ref]) -> Ref:
    """What is added to the vectors of leading positions and patches (T, H), or (B, T, H)."""
    spec = encoder.places
    assert spec is not None
    count = spec.leading + spec.rows * spec.columns
    table = named(spec.table, spec.shape)
    if len(spec.shape) > 2:
        table = ops.reshape(table, (count, encoder.hidden))
    if PLACES in values:
        return ops.matmul(values[PLACES], ops.unsqueeze(table, 0))
    stored = (spec.rows, spec.columns)
    vectors = sum(each.count for each in encoder.leading)
    if encoder.grid == stored and vectors == spec.leading:
        return table
    stretch = np.zeros((vectors + prod(encoder.grid), count), np.float32)
    stretch[: spec.leading, : spec.leading] = np.eye(spec.leading)
    rows, columns = (_axis(spec, *sizes) for sizes in zip(stored, encoder.grid, strict=True))
    stretch[vectors:, spec.leading :] = np.kron(rows, columns)
    return ops.matmul(table.builder.constant(stretch), table)


def _axis(spec: Places, size: int, wanted: int) -> NDArray[np.float64]:
    """Weights (wanted, size) of one axis."""
    return matrix(size, wanted, "bicubic").T if spec.antialiased else cubic(size, wanted)


def cubic(size: int, wanted: int) -> NDArray[np.float64]:
    """Weights (wanted, size) of cubic interpolation, pixels taken for squares whose ends fall together.

    Without antialiasing; places beyond the ends have the value of the end (Keys 1981, a = -0.75).
    """
    found = np.zeros((wanted, size))
    at = (np.arange(wanted) + 0.5) * (size / wanted) - 0.5
    low = np.floor(at).astype(int)
    for step in range(-1, 3):
        x = np.abs(at - (low + step))
        near = ((_A + 2) * x - (_A + 3)) * x * x + 1
        far = ((_A * x - 5 * _A) * x + 8 * _A) * x - 4 * _A
        place = np.clip(low + step, 0, size - 1)
        np.add.at(found, (np.arange(wanted), place), np.where(x <= 1, near, far))
    return found
