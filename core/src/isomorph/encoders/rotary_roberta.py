"""XLM-RoBERTa as Jina trained it: post-norm, query, key and value in one tensor, positions of either kind.

Tensors have the names of the published files, which transformers reads and writes too.
"""

from __future__ import annotations

from isomorph.encoders.config import Config, activation
from isomorph.encoders.consistency import head_size
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
from isomorph.encoders.relations import Rotary


def heads_of(config: Config) -> tuple[int, int]:
    """How many heads there are, and of how many features."""
    heads = config["num_attention_heads"]
    return heads, config.get("head_dim") or head_size(config["hidden_size"], heads)


def encoder(config: Config, turned: Rotary | None, positions: Positions | None = None) -> Encoder:
    """All of it; the embeddings' norm stands outside of them, and there may be no token types."""
    hidden, types = config["hidden_size"], config["type_vocab_size"]
    embeddings = Embeddings(
        "embeddings.word_embeddings.weight",
        config["vocab_size"],
        hidden,
        positions,
        types="embeddings.token_type_embeddings.weight" if types else None,
        type_count=types,
        norm=Norm("emb_ln", hidden, config["layer_norm_eps"]),
    )
    layers = range(config["num_hidden_layers"])
    blocks = tuple(_block(config, f"encoder.layers.{i}.", turned) for i in layers)
    return Encoder(str(config["model_type"]), hidden, embeddings, blocks)


def _block(config: Config, name: str, turned: Rotary | None) -> Block:
    heads, size = heads_of(config)
    hidden, inner, wide = config["hidden_size"], config["intermediate_size"], heads * size
    query, key, value = (
        Linear(name + "mixer.Wqkv", hidden, wide, rows=(part * wide, (part + 1) * wide))
        for part in range(3)
    )
    output = Linear(name + "mixer.out_proj", wide, hidden)
    norms = [
        Norms(after=Norm(name + part, hidden, config["layer_norm_eps"]))
        for part in ("norm1", "norm2")
    ]
    feed_forward = FeedForward(
        Linear(name + "mlp.fc1", hidden, inner),
        Linear(name + "mlp.fc2", inner, hidden),
        activation(config, "hidden_act", "gelu"),
    )
    attention = Attention(query, key, value, output, heads, rotary=turned)
    return Block(attention, norms[0], feed_forward, norms[1])
