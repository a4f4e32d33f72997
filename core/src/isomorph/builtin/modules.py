"""The kinds of modules that core brings."""

from __future__ import annotations

from collections.abc import Sequence

from isomorph.hookspecs import hookimpl
from isomorph.kinds import ModuleKind
from isomorph.modules import (
    bow,
    cnn,
    custom,
    dense,
    dropout,
    hearing,
    layer_norm,
    lexical_weights,
    logit_score,
    lstm,
    multi_vector_mask,
    normalize,
    pooling,
    sparse_auto_encoder,
    sparse_static_embedding,
    splade_pooling,
    static_embedding,
    token_pooling,
    tower,
    transformer,
    weighted_layer_pooling,
    word_embeddings,
    word_weights,
)


@hookimpl
def isomorph_modules() -> Sequence[ModuleKind]:
    """The kinds of modules that core brings."""
    files = (
        transformer,
        tower,
        pooling,
        normalize,
        dense,
        layer_norm,
        dropout,
        splade_pooling,
        lexical_weights,
        sparse_auto_encoder,
        sparse_static_embedding,
        static_embedding,
        weighted_layer_pooling,
        multi_vector_mask,
        token_pooling,
        logit_score,
        word_embeddings,
        word_weights,
        cnn,
        lstm,
        bow,
        hearing,
        custom,
    )
    return [file.KIND for file in files]
