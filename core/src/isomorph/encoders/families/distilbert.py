"""DistilBERT (arXiv:1910.01108): BERT's blocks under other names, without token types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isomorph.encoders.describe import activation, require
from isomorph.encoders.description import Embeddings, Encoder, Norm
from isomorph.encoders.post_norm import Names, Sizes, block, positions

MODEL_TYPES = ("distilbert",)
EPS = 1e-12
NAMES = Names(
    query="attention.q_lin",
    key="attention.k_lin",
    value="attention.v_lin",
    output="attention.out_lin",
    attention_norm="sa_layer_norm",
    up="ffn.lin1",
    down="ffn.lin2",
    feed_forward_norm="output_layer_norm",
)


def describe(config: Mapping[str, Any]) -> Encoder:
    """Both the learned and the sinusoidal positions are a stored table."""
    require(config, "sinusoidal_pos_embds", False, False, True)
    hidden = config.get("dim", 768)
    embeddings = Embeddings(
        "embeddings.word_embeddings.weight",
        config.get("vocab_size", 30522),
        hidden,
        positions(config),
        norm=Norm("embeddings.LayerNorm", hidden, EPS),
    )
    sizes = Sizes(
        hidden,
        config.get("hidden_dim", 3072),
        config.get("n_heads", 12),
        activation(config, "activation", "gelu"),
        EPS,
    )
    layers = range(config.get("n_layers", 6))
    blocks = tuple(block(sizes, f"transformer.layer.{i}.", NAMES) for i in layers)
    return Encoder("distilbert", hidden, embeddings, blocks)
