"""Any `PackedVision` in primitives: the images of a forward, one a row, padded to the largest of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isomorph.encoders.attention import Attending
from isomorph.encoders.lower import lower_block
from isomorph.encoders.names import EncoderWeights
from isomorph.encoders.seeing.description import Merger, PackedVision, Square
from isomorph.encoders.seeing.seen import Seen
from isomorph.encoders.vision.lower import PIXELS
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref, Weights

MASK = "cell_mask"
"""int64 (images, cells): which cells are there. A cell is what becomes one vector: `unit` patches."""
PLACES = "patch_positions"
"""int64 (images, cells, unit, 2): row and column of each patch."""
WINDOWS = "cell_windows"
"""int64 (images, cells): the number of the window that a cell lies in."""
CORNERS = "patch_corners"
"""int64 (images, cells, unit, 4): the stored positions that a patch takes from."""
SHARES = "patch_shares"
"""float32 (images, cells, unit, 4): how much of each."""


def packed_feeds(spec: PackedVision) -> tuple[str, ...]:
    """What such a tower is fed: `PIXELS` float32 (images, cells, unit, features), and what is above."""
    windows = (WINDOWS,) if spec.windowed else ()
    corners = (CORNERS, SHARES) if spec.places is not None else ()
    return (PIXELS, MASK, PLACES, *windows, *corners)


def lower_packed(spec: PackedVision, weights: Weights, values: Mapping[str, Ref]) -> Seen:
    """The vectors of all images (images times cells, features)."""
    named = EncoderWeights(weights, f"{spec.patches.name}.weight")
    x = _patches(spec, weights, named, values[PIXELS])
    if spec.places is not None:
        x = x + _placed(spec.places, named, values)
    windows = values.get(WINDOWS)
    attending = Attending(
        named,
        _of_patches(spec, values[MASK]),
        None,
        ops.reshape(values[PLACES], (0, -1, 2)),
        None if windows is None else _of_patches(spec, windows),
    )
    deep: dict[int, Ref] = {}
    mergers = dict(spec.deep)
    for index, block in enumerate(spec.blocks):
        x = lower_block(block, named, attending, x)
        if index in mergers:
            deep[index] = _merged(mergers[index], named, x)
    ordered = tuple(deep.values())  # in the order of the blocks, whatever a file lists first
    return Seen(_merged(spec.merger, named, x), spec.merger.down.outputs, ordered)


def _patches(spec: PackedVision, weights: Weights, named: EncoderWeights, pixels: Ref) -> Ref:
    """(images, patches, width). The kernel has the same bytes as the matrix of its patches."""
    own = spec.patches
    weight = named.reshaped(f"{own.name}.weight", own.shape, (own.width, own.features))
    bias = named(f"{own.name}.bias", (own.width,)) if own.bias else None
    return ops.linear(ops.reshape(pixels, (0, -1, own.features)), weight, bias)


def _placed(spec: Square, named: EncoderWeights, values: Mapping[str, Ref]) -> Ref:
    """What each patch takes of the stored positions, (images, patches, width)."""
    table = named(spec.table, (spec.side * spec.side, spec.width))
    corners, shares = (ops.reshape(values[name], (0, -1, 4)) for name in (CORNERS, SHARES))
    return ops.reduce(ops.embedding(table, corners) * ops.unsqueeze(shares, 3), "sum", axis=2)


def _of_patches(spec: PackedVision, x: Ref) -> Ref:
    """A number of each cell (images, cells) for each of its patches (images, patches)."""
    zeros = x.builder.constant(np.zeros((1, 1, spec.unit), np.int64))
    return ops.reshape(ops.unsqueeze(x, 2) + zeros, (0, -1))


def _merged(spec: Merger, named: EncoderWeights, x: Ref) -> Ref:
    """Patches (images, patches, H) as a table of vectors (images times cells, features)."""
    wide = spec.up.inputs
    if spec.norm.size != wide:
        x = named.norm(spec.norm, x)
    x = ops.reshape(x, (-1, wide))
    if spec.norm.size == wide:
        x = named.norm(spec.norm, x)
    return named.linear(spec.down, ops.activation(named.linear(spec.up, x), "gelu"))
