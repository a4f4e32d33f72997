"""Any `Encoder` in primitives."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isomorph.encoders.description import Attention, Block, Embeddings, Encoder, Linear, Norm
from isomorph.encoders.names import EncoderWeights
from isomorph.errors import BadModel
from isomorph.program import ops
from isomorph.program.builder import Ref, Weights


def lower_encoder(encoder: Encoder, weights: Weights, values: Mapping[str, Ref]) -> list[Ref]:
    """Hidden states (B, T, H): the embeddings, then the result of every block."""
    named = EncoderWeights(weights, encoder.embeddings.word)
    mask = values["attention_mask"]
    states = [_embeddings(encoder.embeddings, named, values)]
    for block in encoder.blocks:
        states.append(_block(block, named, states[-1], mask))
    return states


def _embeddings(spec: Embeddings, weights: EncoderWeights, values: Mapping[str, Ref]) -> Ref:
    ids = values["input_ids"]
    # A checkpoint may hold more rows than the configuration says, after its vocabulary grew.
    rows = max(spec.vocabulary, (weights.shape_of(spec.word) or (0,))[0])
    x = ops.embedding(weights(spec.word, (rows, spec.width)), ids)
    if spec.types is not None:
        table = weights(spec.types, (spec.type_count, spec.width))
        types = values.get("token_type_ids") if spec.type_count > 1 else None
        x = x + ops.embedding(table, types or ids.builder.constant(np.array([0])))
    if spec.positions is not None:
        table = weights(spec.positions.table, (spec.positions.count, spec.width))
        x = x + ops.embedding(table, _positions(spec, ids))
    if spec.norm is not None:
        x = _norm(spec.norm, weights, x)
    return x if spec.projection is None else _linear(spec.projection, weights, x)


def _positions(spec: Embeddings, ids: Ref) -> Ref:
    """Rows of the position table: (T,) when columns count, (B, T) when real tokens count."""
    positions = spec.positions
    assert positions is not None
    if positions.after_padding:
        padding = ids.builder.constant(np.array([positions.padding_id]))
        is_padding = ops.cast(ops.compare(ids, padding, "equal"), "int64")
        real = ids.builder.constant(np.array([1])) - is_padding
        return ops.cumsum(real, axis=1) * real + padding
    columns = ops.arange(ids, axis=1)
    if positions.start:
        columns = columns + ids.builder.constant(np.array([positions.start]))
    return columns


def _block(block: Block, weights: EncoderWeights, x: Ref, mask: Ref) -> Ref:
    x = _norm(block.attention_norm, weights, x + _attention(block.attention, weights, x, mask))
    inner = _linear(block.feed_forward.up, weights, x)
    inner = ops.activation(inner, block.feed_forward.activation)
    y = _linear(block.feed_forward.down, weights, inner)
    return _norm(block.feed_forward_norm, weights, x + y)


def _attention(spec: Attention, weights: EncoderWeights, x: Ref, mask: Ref) -> Ref:
    if spec.query.outputs % spec.heads:
        raise BadModel(f"{spec.query.outputs} features cannot be split into {spec.heads} heads.")
    q, k, v = (_linear(part, weights, x) for part in (spec.query, spec.key, spec.value))
    scale = (spec.query.outputs // spec.heads) ** -0.5
    attended = ops.attention(q, k, v, mask, heads=spec.heads, scale=scale)
    return _linear(spec.output, weights, attended)


def _linear(spec: Linear, weights: EncoderWeights, x: Ref) -> Ref:
    weight = weights(spec.name + ".weight", (spec.outputs, spec.inputs))
    bias = weights(spec.name + ".bias", (spec.outputs,)) if spec.bias else None
    return ops.linear(x, weight, bias)


def _norm(spec: Norm, weights: EncoderWeights, x: Ref) -> Ref:
    bias = weights(spec.name + ".bias", (spec.size,)) if spec.bias else None
    return ops.layer_norm(x, weights(spec.name + ".weight", (spec.size,)), bias, spec.eps)
