"""Blocks under the names that CLIP gave their parts, and SigLIP kept."""

from __future__ import annotations

from isomorph.encoders.config import Config
from isomorph.encoders.consistency import head_size
from isomorph.encoders.description import Attention, Block, FeedForward, Linear, Norm, Norms


def clip_block(config: Config, name: str, *, eps: float, kind: str, causal: bool = False) -> Block:
    """A pre-norm block under the names that CLIP gave its parts, and SigLIP kept."""
    hidden, heads = config["hidden_size"], config["num_attention_heads"]
    inner, own = config["intermediate_size"], f"{name}self_attn."
    head_size(hidden, heads)
    query, key, value, output = (
        Linear(f"{own}{part}", hidden, hidden)
        for part in ("q_proj", "k_proj", "v_proj", "out_proj")
    )
    return Block(
        Attention(query, key, value, output, heads, causal=causal),
        Norms(before=Norm(f"{name}layer_norm1", hidden, eps)),
        FeedForward(
            Linear(f"{name}mlp.fc1", hidden, inner), Linear(f"{name}mlp.fc2", inner, hidden), kind
        ),
        Norms(before=Norm(f"{name}layer_norm2", hidden, eps)),
    )
