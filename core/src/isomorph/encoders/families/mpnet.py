"""MPNet (arXiv:2004.09297): BERT without token types, with learned biases of relative positions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from isomorph.encoders.describe import require
from isomorph.encoders.description import (
    Block,
    Encoder,
    Linear,
    Norm,
    Norms,
    Positions,
    RelativeBias,
)
from isomorph.encoders.families.bert import bert_like

MODEL_TYPES = ("mpnet",)
BUCKETS = 32  # transformers counts in 32 buckets whatever the configuration says
PADDING = 1  # and its positions skip this id whatever the padding token is


def describe(config: Mapping[str, Any]) -> Encoder:
    """Positions count real tokens as in RoBERTa; the biases are shared by all blocks."""
    require(config, "position_embedding_type", "absolute", "absolute")
    require(config, "relative_attention_num_buckets", BUCKETS, BUCKETS)
    config = {"vocab_size": 30527, **config}
    positions = Positions(
        "embeddings.position_embeddings.weight",
        config.get("max_position_embeddings", 512),
        start=PADDING + 1,
        after_padding=True,
        padding_id=PADDING,
    )
    encoder = bert_like(config, positions, type_count=0)
    blocks = tuple(_renamed(block, f"encoder.layer.{i}.") for i, block in enumerate(encoder.blocks))
    heads = config.get("num_attention_heads", 12)
    bias = RelativeBias("encoder.relative_attention_bias.weight", BUCKETS, heads)
    return replace(encoder, blocks=blocks, relative_bias=bias)


def _renamed(block: Block, name: str) -> Block:
    """BERT's block under the names that differ."""
    hidden = block.attention.query.inputs
    norm = block.attention_norms.after
    assert norm is not None
    attention = replace(
        block.attention,
        query=Linear(name + "attention.attn.q", hidden, hidden),
        key=Linear(name + "attention.attn.k", hidden, hidden),
        value=Linear(name + "attention.attn.v", hidden, hidden),
        output=Linear(name + "attention.attn.o", hidden, hidden),
    )
    norms = Norms(after=Norm(name + "attention.LayerNorm", hidden, norm.eps))
    return replace(block, attention=attention, attention_norms=norms)
