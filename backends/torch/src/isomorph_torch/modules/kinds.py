"""The table of kinds: which op is which nn.Module, and why another one is not there."""

from __future__ import annotations

from collections.abc import Mapping

from isomorph.errors import Unsupported
from isomorph_torch.modules import (
    bow,
    cnn,
    custom,
    dense,
    dropout,
    hearing,
    layer_norm,
    logit_score,
    lstm,
    normalize,
    passing,
    pooling,
    sparse_auto_encoder,
    sparse_static_embedding,
    splade_pooling,
    static_embedding,
    tower,
    transformer,
    weighted_layer_pooling,
    word_embeddings,
    word_weights,
)
from isomorph_torch.modules.layer import Kind, Layer
from isomorph_torch.modules.source import Source

KINDS: Mapping[str, Kind] = {
    "transformer": transformer.KIND,
    "tower": tower.KIND,
    "pooling": pooling.KIND,
    "normalize": normalize.KIND,
    "dense": dense.KIND,
    "layer_norm": layer_norm.KIND,
    "dropout": dropout.KIND,
    "splade_pooling": splade_pooling.KIND,
    "logit_score": logit_score.KIND,
    "multi_vector_mask": passing.KIND,
    "token_pooling": passing.KIND,
    "sparse_auto_encoder": sparse_auto_encoder.KIND,
    "sparse_static_embedding": sparse_static_embedding.KIND,
    "static_embedding": static_embedding.KIND,
    "weighted_layer_pooling": weighted_layer_pooling.KIND,
    "word_embeddings": word_embeddings.KIND,
    "word_weights": word_weights.KIND,
    "cnn": cnn.KIND,
    "lstm": lstm.KIND,
    "bow": bow.KIND,
    "hearing": hearing.KIND,
    "custom": custom.KIND,
}


def obstacle(source: Source) -> str:
    """Why this module cannot run in torch, or "". Reads no weights."""
    kind = KINDS.get(source.module.kind)
    if kind is None:
        known = ", ".join(sorted(KINDS))
        return f"backend 'torch' has no nn.Module for {source.module.kind!r} (it has: {known})"
    return kind.obstacle(source)


def build(source: Source) -> Layer:
    """The module with its weights, on the CPU.

    Raises:
        Unsupported: `obstacle` says why.
        BadModel: its weights cannot be read.
    """
    reason = obstacle(source)
    if reason:
        raise Unsupported(reason)
    return KINDS[source.module.kind].build(source)
