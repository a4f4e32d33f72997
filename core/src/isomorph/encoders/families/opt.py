"""OPT (Zhang et al. 2022, arXiv:2205.01068): learned positions that count the mask; norms on either side."""

from __future__ import annotations

from isomorph.encoders.config import Config, activation, require
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
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts

FIRST = 2
"""Row of a text's first position."""
DEFAULTS = {
    "vocab_size": 50_272,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "ffn_dim": 3072,
    "max_position_embeddings": 2048,
    "word_embed_proj_dim": None,
    "do_layer_norm_before": True,
    "_remove_final_layer_norm": False,
    "enable_bias": True,
    "layer_norm_elementwise_affine": True,
    "pad_token_id": 1,
}


def describe(config: Config) -> Encoder:
    """Words are as wide as the states: what would widen them is not implemented."""
    config = {**DEFAULTS, **config}
    hidden, before = config["hidden_size"], config["do_layer_norm_before"]
    require(config, "is_causal", True, True)
    require(config, "word_embed_proj_dim", None, None, hidden)
    count = config["max_position_embeddings"] + FIRST
    positions = Positions("decoder.embed_positions.weight", count, FIRST, masked=True)
    words = Embeddings("decoder.embed_tokens.weight", config["vocab_size"], hidden, positions)
    layers = range(config["num_hidden_layers"])
    final = before and not config["_remove_final_layer_norm"]
    return Encoder(
        "opt",
        hidden,
        words,
        tuple(_block(config, f"decoder.layers.{i}.") for i in layers),
        _norm(config, "decoder.final_layer_norm") if final else None,
    )


def _block(config: Config, name: str) -> Block:
    hidden, inner, bias = config["hidden_size"], config["ffn_dim"], config["enable_bias"]
    query, key, value, out = (
        Linear(f"{name}self_attn.{part}_proj", hidden, hidden, bias)
        for part in ("q", "k", "v", "out")
    )
    attention = Attention(query, key, value, out, config["num_attention_heads"], causal=True)
    feed_forward = FeedForward(
        Linear(name + "fc1", hidden, inner, bias),
        Linear(name + "fc2", inner, hidden, bias),
        activation(config, "activation_function", "relu"),
    )
    first, second = (
        Norms(before=norm) if config["do_layer_norm_before"] else Norms(after=norm)
        for norm in (_norm(config, f"{name}{part}_layer_norm") for part in ("self_attn", "final"))
    )
    return Block(attention, first, feed_forward, second)


def _norm(config: Config, name: str) -> Norm:
    return Norm(name, config["hidden_size"], 1e-5, learned=config["layer_norm_elementwise_affine"])


FAMILY = Family(
    model_type="opt",
    describe=describe,
    classes=Classes("OPT"),
    classifier=lambda config, hidden: layouts.last_token({**DEFAULTS, **config}, hidden),
    causal_lm=layouts.tied_lm,
    tokenizer="GPT2Tokenizer",
    tiny={
        "opt": Tiny({"ffn_dim": 24}, pooling="lasttoken"),
        "opt-post-norm": Tiny({"ffn_dim": 24, "do_layer_norm_before": False}),
    },
)
