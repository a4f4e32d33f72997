"""DistilBERT (arXiv:1910.01108): BERT's blocks under other names, without token types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.encoders.describe import activation, require
from isomorph.encoders.description import (
    Attention,
    Block,
    Embeddings,
    Encoder,
    FeedForward,
    Linear,
    Norm,
    Norms,
    Positions,
)

MODEL_TYPES = ("distilbert",)
EPS = 1e-12


def describe(config: Mapping[str, Any]) -> Encoder:
    """Both the learned and the sinusoidal positions are a stored table."""
    require(config, "sinusoidal_pos_embds", False, False, True)
    hidden = config.get("dim", 768)
    embeddings = Embeddings(
        "embeddings.word_embeddings.weight",
        config.get("vocab_size", 30522),
        hidden,
        Positions(
            "embeddings.position_embeddings.weight", config.get("max_position_embeddings", 512)
        ),
        norm=Norm("embeddings.LayerNorm", hidden, EPS),
    )
    layers = range(config.get("n_layers", 6))
    blocks = tuple(_block(config, f"transformer.layer.{i}.", hidden) for i in layers)
    return Encoder("distilbert", hidden, embeddings, blocks)


def _block(config: Mapping[str, Any], name: str, hidden: int) -> Block:
    inner = config.get("hidden_dim", 3072)
    attention = Attention(
        Linear(name + "attention.q_lin", hidden, hidden),
        Linear(name + "attention.k_lin", hidden, hidden),
        Linear(name + "attention.v_lin", hidden, hidden),
        Linear(name + "attention.out_lin", hidden, hidden),
        config.get("n_heads", 12),
    )
    feed_forward = FeedForward(
        Linear(name + "ffn.lin1", hidden, inner),
        Linear(name + "ffn.lin2", inner, hidden),
        activation(config, "activation", "gelu"),
    )
    return Block(
        attention,
        Norms(after=Norm(name + "sa_layer_norm", hidden, EPS)),
        feed_forward,
        Norms(after=Norm(name + "output_layer_norm", hidden, EPS)),
    )
