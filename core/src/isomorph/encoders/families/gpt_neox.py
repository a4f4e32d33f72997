"""GPT-NeoX and Pythia (arXiv:2204.06745): biases everywhere, a quarter of each head turns, heads packed."""

from __future__ import annotations

from isomorph.encoders import decoders
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
)
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import CausalLM
from isomorph.encoders.relations import Rotary
from isomorph.encoders.rotary import parameters_of, rotary

DEFAULTS = {
    "vocab_size": 50_432,
    "hidden_size": 6144,
    "intermediate_size": 24_576,
    "num_hidden_layers": 44,
    "num_attention_heads": 64,
    "head_dim": None,
    "hidden_act": "gelu",
    "max_position_embeddings": 2048,
    "layer_norm_eps": 1e-5,
    "rotary_pct": 0.25,
    "use_parallel_residual": True,
    "attention_bias": True,
}


def describe(config: Config) -> Encoder:
    """Side by side, each half of a layer has a norm of its own in front."""
    config = {**DEFAULTS, **config}
    require(config, "is_causal", True, True)
    require(config, "head_dim", None, None)
    config.setdefault("partial_rotary_factor", config["rotary_pct"])
    found = parameters_of(config, config.get("rotary_emb_base", 10_000.0))
    turned = rotary(found, decoders.head_size(config), partial=True)
    blocks = [_block(config, f"layers.{i}.", turned) for i in range(config["num_hidden_layers"])]
    hidden = config["hidden_size"]
    words = Embeddings("embed_in.weight", config["vocab_size"], hidden)
    return Encoder("gpt_neox", hidden, words, tuple(blocks), _norm(config, "final_layer_norm"))


def _block(config: Config, name: str, turned: Rotary) -> Block:
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    size, bias = decoders.head_size(config), config["attention_bias"]
    query, key, value = (
        Linear(
            name + "attention.query_key_value",
            hidden,
            hidden,
            bias,
            (part * size, (part + 1) * size),
            every=3 * size,
        )
        for part in range(3)
    )
    out = Linear(name + "attention.dense", hidden, hidden, bias)
    heads = config["num_attention_heads"]
    attention = Attention(query, key, value, out, heads, rotary=turned, causal=True)
    feed_forward = FeedForward(
        Linear(name + "mlp.dense_h_to_4h", hidden, inner),
        Linear(name + "mlp.dense_4h_to_h", inner, hidden),
        activation(config, "hidden_act", "gelu"),
    )
    before, after = (
        Norms(before=_norm(config, f"{name}{part}_layernorm"))
        for part in ("input", "post_attention")
    )
    return Block(attention, before, feed_forward, after, config["use_parallel_residual"])


def _norm(config: Config, name: str) -> Norm:
    return Norm(name, config["hidden_size"], config["layer_norm_eps"])


def _causal_lm(config: Config) -> CausalLM:
    return CausalLM("embed_out.weight", bool(config.get("tie_word_embeddings", False)))


FAMILY = Family(
    model_type="gpt_neox",
    describe=describe,
    classes=Classes("GPTNeoX", "gpt_neox."),
    classifier=layouts.last_token,
    causal_lm=_causal_lm,
    tokenizer="GPTNeoXTokenizer",
    tiny={"gpt-neox": Tiny({"intermediate_size": 40}, pooling="lasttoken")},
)
