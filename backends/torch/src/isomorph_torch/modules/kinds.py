"""The table of kinds: which one is which nn.Module, and why another one is not there."""

from __future__ import annotations

from collections.abc import Mapping

from isomorph.contract import Module
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
    lowered,
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
from isomorph_torch.modules.heads import heads_are_steady
from isomorph_torch.modules.layer import Kind, Layer
from isomorph_torch.modules.source import Source

_OWN = (
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
KINDS: Mapping[str, Kind] = {name: each.KIND for each in _OWN for name in each.KIND.names}


def obstacle(source: Source) -> str:
    """Why this module cannot run in torch, or "". Reads no weights."""
    return _chosen(source)[1]


def is_lowered(source: Source) -> bool:
    """Whether a module runs as core's primitives, because no class computes it."""
    return _chosen(source)[0] is lowered.KIND


def takes_options(module: Module) -> bool:
    """Whether ``model_kwargs`` have an effect on this module."""
    kind = KINDS.get(module.kind)
    return kind is not None and kind.options


def is_steady(source: Source) -> bool:
    """Whether rows of this module have the same bits at every place of a batch, on any number of threads."""
    return _chosen(source)[0].steady and heads_are_steady(
        source.module.config.get("transformer", {})
    )


def build(source: Source) -> Layer:
    """The module with its weights, on the CPU.

    Raises:
        Unsupported: `obstacle` says why.
        BadModel: its weights cannot be read.
    """
    kind, reason = _chosen(source)
    if reason:
        raise Unsupported(reason)
    return kind.build(source)


def _chosen(source: Source) -> tuple[Kind, str]:
    """A class of its own before the primitives; and why neither will do, or ""."""
    kind = KINDS.get(source.module.kind)
    if kind is None:
        known = ", ".join(sorted(KINDS))
        reason = f"backend 'torch' has no nn.Module for {source.module.kind!r} (it has: {known})"
    else:
        reason = kind.obstacle(source)
        if not reason:
            return kind, ""
    return lowered.KIND, lowered.KIND.obstacle(source) and reason
