"""Nomic BERT (Nussbaum et al. 2024, arXiv:2402.01613): post-norm, SwiGLU, rotary positions, no biases.

Tensors have the names of the published files, which transformers reads and writes too. The published
``config.json`` names its options as GPT-2 does, transformers' as BERT does; both may be there.
"""

from __future__ import annotations

from typing import Any

from isomorph.encoders.consistency import head_size
from isomorph.encoders.describe import Config, activation, require
from isomorph.encoders.description import (
    Attention,
    Block,
    Embeddings,
    Encoder,
    FeedForward,
    Linear,
    Norm,
    Norms,
    Rotary,
)
from isomorph.encoders.rotary import parameters_of, rotary

MODEL_TYPES = ("nomic_bert",)
PUBLISHED = ("nomic-ai/nomic-bert-2048--",)
"""References to the code that this family computes, as ``auto_map`` of the published files names it."""
FIXED = {
    "prenorm": False,
    "causal": False,
    "parallel_block": False,
    "use_rms_norm": False,
    "qkv_proj_bias": False,
    "mlp_fc1_bias": False,
    "mlp_fc2_bias": False,
    "rotary_emb_fraction": 1.0,
    "rotary_emb_interleaved": False,
    "rotary_emb_scale_base": None,
    "rotary_scaling_factor": None,
    "moe_every_n_layers": 0,
    "activation_function": "swiglu",
}
"""Options of the published code that have one value here, as in transformers."""


def describe(config: Config) -> Encoder:
    """The embeddings' norm stands outside of them."""
    for option, value in FIXED.items():
        require(config, option, value, value)
    hidden = _either(config, "hidden_size", "n_embd", 768)
    eps = _either(config, "layer_norm_eps", "layer_norm_epsilon", 1e-12)
    types = config.get("type_vocab_size", 2)
    embeddings = Embeddings(
        "embeddings.word_embeddings.weight",
        config.get("vocab_size", 30528),
        hidden,
        types="embeddings.token_type_embeddings.weight" if types else None,
        type_count=types,
        norm=Norm("emb_ln", hidden, eps),
    )
    layers = range(_either(config, "num_hidden_layers", "n_layer", 12))
    turned = _turned(config, hidden)
    blocks = tuple(_block(config, f"encoder.layers.{i}.", hidden, eps, turned) for i in layers)
    return Encoder("nomic_bert", hidden, embeddings, blocks)


def _either(config: Config, name: str, published: str, default: Any) -> Any:
    return config.get(name, config.get(published, default))


def _heads(config: Config, hidden: int) -> tuple[int, int]:
    """How many heads there are, and of how many features."""
    heads = _either(config, "num_attention_heads", "n_head", 12)
    return heads, config.get("head_dim") or head_size(hidden, heads)


def _turned(config: Config, hidden: int) -> Rotary:
    scheme = parameters_of(config, config.get("rotary_emb_base", 1000.0))
    return rotary(scheme, _heads(config, hidden)[1], "default", "linear")


def _block(config: Config, name: str, hidden: int, eps: float, turned: Rotary) -> Block:
    heads, size = _heads(config, hidden)
    inner, wide = _either(config, "intermediate_size", "n_inner", 3072), heads * size
    query, key, value = (
        Linear(name + "attn.Wqkv", hidden, wide, False, (part * wide, (part + 1) * wide))
        for part in range(3)
    )
    attention = Attention(
        query,
        key,
        value,
        Linear(name + "attn.out_proj", wide, hidden, bias=False),
        heads,
        rotary=turned,
    )
    feed_forward = FeedForward(
        Linear(name + "mlp.fc11", hidden, inner, bias=False),
        Linear(name + "mlp.fc2", inner, hidden, bias=False),
        activation(config, "hidden_act", "silu"),
        Linear(name + "mlp.fc12", hidden, inner, bias=False),
    )
    norms = [Norms(after=Norm(name + part, hidden, eps)) for part in ("norm1", "norm2")]
    return Block(attention, norms[0], feed_forward, norms[1])
