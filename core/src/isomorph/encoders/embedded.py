"""Vectors of words, types and positions, in primitives."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from isomorph.encoders.description import KEPT, Embeddings, Positions
from isomorph.encoders.names import EncoderWeights
from isomorph.encoders.seeing.seen import PLACES, Seen, merged
from isomorph.errors import BadModel
from isomorph.primitives import ops
from isomorph.primitives.builder import Builder, Ref

BASE = 10_000.0
"""The longest wave of positions that are made has this many times the length of the shortest."""

MADE = 1 << 25
"""Numbers of a table that is made; that of NLLB has a million."""


def embedded(
    spec: Embeddings, weights: EncoderWeights, values: Mapping[str, Ref], seen: Seen | None = None
) -> Ref:
    """The vectors (B, T, H) that go into the first block."""
    ids = values["input_ids"]
    x = ops.embedding(weights(weights.table(spec), (spec.vocabulary, spec.width)), ids)
    if spec.scale != 1.0:
        x = x * spec.scale
    if spec.dropped is not None:
        x = _kept(spec.dropped, ids, values["attention_mask"], x)
    if spec.trigrams:
        x = _beside(x, values["attention_mask"], spec.width)
    if spec.entry is not None:
        x = weights.linear(spec.entry, x)
    if seen is not None:
        x = merged(seen, values[PLACES], x)
    if spec.types is not None:
        table = weights(spec.types, (spec.type_count, spec.added_width))
        types = values.get("token_type_ids") if spec.type_count > 1 else None
        x = x + ops.embedding(table, types or ids.builder.constant(np.array([0])))
    if spec.positions is not None:
        table = table_of(spec, weights, ids.builder)
        x = x + ops.embedding(table, _positions(spec, ids, values["attention_mask"]))
    if spec.tasks is not None:
        name, rows = spec.tasks
        first = ids.builder.constant(np.array([0]))
        x = x + ops.embedding(weights(name, (rows, spec.width)), first)
    if spec.norm is not None:
        x = weights.norm(spec.norm, x)
    if spec.projection is not None:
        x = weights.linear(spec.projection, x)
    if spec.projected_norm is not None:
        x = weights.norm(spec.projected_norm, x)
    if spec.masked:
        x = x * ops.unsqueeze(ops.cast(values["attention_mask"], "float32"), 2)
    return x


def _kept(dropped: int, ids: Ref, mask: Ref, x: Ref) -> Ref:
    """x (B, T, H), zero at the token that is dropped, and larger elsewhere."""
    gone = ops.cast(ops.compare(ids, ids.builder.constant(np.array([dropped])), "equal"), "float32")
    real = ops.cast(mask, "float32")
    whole, lost = (ops.reduce(each, "sum", axis=1, keepdims=True) for each in (real, gone * real))
    share = lost / ops.maximum(whole, 1.0)
    factor = (gone * -1.0 + 1.0) * KEPT / (share * -1.0 + 1.0)
    return x * ops.unsqueeze(factor, 2)


def _beside(x: Ref, mask: Ref, width: int) -> Ref:
    """The next vector of x (B, T, width), its own and the last one, zero beyond the text.

    The result is (B, T, 3 width): a convolution whose kernels are 1 at one place each, put in order.
    """
    x = x * ops.unsqueeze(ops.cast(mask, "float32"), 2)
    places = np.tile(np.eye(3, dtype=np.float32)[::-1], (width, 1))[:, None, :]
    near = ops.conv1d(x, x.builder.constant(places), padding=(1, 1), groups=width)
    apart = ops.transpose(ops.reshape(near, (0, 0, width, 3)), (0, 1, 3, 2))
    return ops.reshape(apart, (0, 0, 3 * width))


def table_of(spec: Embeddings, weights: EncoderWeights, builder: Builder) -> Ref:
    """The vectors of positions (count, width)."""
    positions = spec.positions
    assert positions is not None
    if positions.made and weights.shape_of(positions.table) is None:
        return builder.constant(waves(positions, spec.added_width))
    return weights(positions.table, (positions.count, spec.added_width))


def waves(positions: Positions, width: int) -> NDArray[np.float32]:
    """The table (count, width) of positions that are made, rounded where fairseq and transformers round.

    Raises:
        BadModel: the table is larger than `MADE`.
    """
    if positions.count * width > MADE:
        raise BadModel(
            f"config.json sets {positions.count} positions of {width} features, a table that nobody makes."
        )
    sines = -(-width // 2) if positions.made == "split" else width // 2
    table = np.zeros((positions.count, width), np.float32)
    if positions.made == "split":
        at = np.arange(positions.count)[:, None] / BASE ** (2 * (np.arange(width) // 2) / width)
        table[:, :sines], table[:, sines:] = np.sin(at[:, 0::2]), np.cos(at[:, 1::2])
        return table
    step = np.float32(-np.log(BASE) / (sines - 1))
    frequencies = np.exp(np.arange(sines, dtype=np.float32) * step)
    turned = np.arange(positions.count, dtype=np.float32)[:, None] * frequencies
    table[:, :sines], table[:, sines : 2 * sines] = np.sin(turned), np.cos(turned)
    table[positions.padding_id] = 0
    return table


def _positions(spec: Embeddings, ids: Ref, mask: Ref) -> Ref:
    """Rows of the position table: (T,) when columns count, (B, T) when real tokens count."""
    positions = spec.positions
    assert positions is not None
    if positions.after_padding:
        padding = ids.builder.constant(np.array([positions.padding_id]))
        is_padding = ops.cast(ops.compare(ids, padding, "equal"), "int64")
        real = ids.builder.constant(np.array([1])) - is_padding
        return ops.cumsum(real, axis=1) * real + padding
    if positions.masked:
        before = ids.builder.constant(np.array([positions.start - 1]))
        return ops.cumsum(mask, axis=1) * mask + before
    columns = ops.arange(ids, axis=1)
    if positions.start:
        columns = columns + ids.builder.constant(np.array([positions.start]))
    return columns
