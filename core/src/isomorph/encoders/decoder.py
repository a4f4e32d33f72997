"""A decoder that reads the encoder's text one place later, in primitives.

Lewis et al. 2019, arXiv:1910.13461.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from isomorph.encoders.attention import Attending
from isomorph.encoders.embedded import embedded
from isomorph.encoders.joining import before, feed_forward, join
from isomorph.encoders.names import EncoderWeights
from isomorph.encoders.rare import CrossBlock, Decoder
from isomorph.primitives import ops
from isomorph.primitives.builder import Ref


def decoded(
    spec: Decoder,
    weights: EncoderWeights,
    values: Mapping[str, Ref],
    memory: Ref,
) -> list[Ref]:
    """Hidden states (B, T, H): the embeddings, then the result of every block, the last one final.

    `memory` (B, T, H) are the encoder's states, at which a decoder looks under the text's mask.
    """
    ids, mask = values["input_ids"], values["attention_mask"]
    shifted = later(spec, ids)
    states = [embedded(spec.embeddings, weights, {**values, "input_ids": shifted})]
    none = mask.builder.constant(np.array([0]))
    everywhere = mask * none + mask.builder.constant(np.array([1]))
    own = Attending(weights, everywhere, spec.relative_bias)
    looking = Attending(weights, mask, None)
    for block in spec.blocks:
        states.append(_block(block, weights, own, looking, states[-1], memory))
    if spec.final_norm is not None:
        states[-1] = weights.norm(spec.final_norm, states[-1])
    return states


def later(spec: Decoder, ids: Ref) -> Ref:
    """Each id (B, T) one place later, behind the first one."""
    make = ids.builder.constant
    none, one = make(np.array([0])), make(np.array([1]))
    columns = ops.unsqueeze(ops.arange(ids, axis=1), 0) + ids * none
    first = ops.compare(columns, none, "equal")
    begins = none
    if spec.start is None:
        padding = ops.cast(ops.compare(ids, make(np.array([spec.padding_id])), "equal"), "int64")
        begins = ops.reduce(one - padding, "sum", axis=1, keepdims=True) - one
    moved = ops.gather_elements(ids, ops.where(first, begins, columns - one))
    return moved if spec.start is None else ops.where(first, make(np.array([spec.start])), moved)


def _block(
    block: CrossBlock,
    weights: EncoderWeights,
    own: Attending,
    looking: Attending,
    x: Ref,
    memory: Ref,
) -> Ref:
    norms = block.attention_norms
    x = join(norms, weights, x, own(block.attention, before(norms, weights, x)))
    norms = block.cross_norms
    x = join(norms, weights, x, looking(block.cross, before(norms, weights, x), memory))
    norms = block.feed_forward_norms
    return join(
        norms, weights, x, feed_forward(block.feed_forward, weights, before(norms, weights, x))
    )
