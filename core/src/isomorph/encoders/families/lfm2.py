"""LFM2 (Liquid AI 2025): pre-norm blocks, most with a short gated convolution in place of attention."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders import decoders
from isomorph.encoders.config import Config, require
from isomorph.encoders.description import (
    Attention,
    Block,
    Embeddings,
    Encoder,
    FeedForward,
    Linear,
    Norms,
)
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import CausalLM
from isomorph.encoders.rare import ShortConvolution
from isomorph.encoders.relations import Rotary
from isomorph.encoders.rotary import parameters_of, rotary

DEFAULTS = {
    "vocab_size": 65_536,
    "hidden_size": 2560,
    "intermediate_size": 12_288,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": None,
    "max_position_embeddings": 128_000,
    "norm_eps": 1e-5,
    "rope_theta": 1e6,
    "is_causal": True,
    "conv_bias": False,
    "conv_L_cache": 3,
    "block_multiple_of": 256,
    "block_ffn_dim_multiplier": 1.0,
    "block_auto_adjust_ff_dim": True,
    "full_attn_idxs": None,
    "layer_types": None,
}


def describe(config: Config) -> Encoder:
    """What no layer type says has attention; older files list the layers that have it."""
    config = {**DEFAULTS, **config}
    config["intermediate_size"] = config.get("block_ff_dim", config["intermediate_size"])
    config["rms_norm_eps"] = config["norm_eps"]
    require(config, "is_causal", True, True)
    layers = range(config["num_hidden_layers"])
    kinds, listed = config["layer_types"], config["full_attn_idxs"]
    if kinds is None:
        kinds = ["full_attention" if listed is None or i in listed else "conv" for i in layers]
    attends = decoders.by_layer(config, kinds, {"full_attention": True, "conv": False})
    turned = rotary(parameters_of(config), decoders.head_size(config))
    hidden = config["hidden_size"]
    words = Embeddings("embed_tokens.weight", config["vocab_size"], hidden)
    blocks = tuple(_block(config, f"layers.{i}.", turned if attends[i] else None) for i in layers)
    return Encoder(
        "lfm2", hidden, words, blocks, final_norm=decoders.norm(config, "embedding_norm")
    )


def _block(config: Config, name: str, turned: Rotary | None) -> Block:
    return Block(
        _convolution(config, name + "conv.")
        if turned is None
        else _attention(config, name, turned),
        Norms(before=decoders.norm(config, name + "operator_norm")),
        _feed_forward(config, name + "feed_forward."),
        Norms(before=decoders.norm(config, name + "ffn_norm")),
    )


def _attention(config: Config, name: str, turned: Rotary) -> Attention:
    """Llama's, under other names; queries and keys of each head are normalised."""
    plain = decoders.attention(config, name, turned, bias=False)
    size, name = decoders.head_size(config), name + "self_attn."
    return replace(
        plain,
        output=replace(plain.output, name=name + "out_proj"),
        query_norm=decoders.norm(config, name + "q_layernorm", size),
        key_norm=decoders.norm(config, name + "k_layernorm", size),
    )


def _convolution(config: Config, name: str) -> ShortConvolution:
    hidden, bias = config["hidden_size"], config["conv_bias"]
    first, gate, last = (
        Linear(name + "in_proj", hidden, hidden, bias, (part * hidden, (part + 1) * hidden))
        for part in range(3)
    )
    outward = Linear(name + "out_proj", hidden, hidden, bias)
    kernel = config["conv_L_cache"]
    return ShortConvolution(name + "conv", (first, gate, last), outward, hidden, kernel, bias)


def _feed_forward(config: Config, name: str) -> FeedForward:
    """Two thirds as wide as the file says, times a factor, and rounded up, unless it says otherwise."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    if config["block_auto_adjust_ff_dim"]:
        inner = int(2 * inner / 3)
        factor, multiple = config["block_ffn_dim_multiplier"], config["block_multiple_of"]
        if factor is not None:
            inner = multiple * ((int(factor * inner) + multiple - 1) // multiple)
    return FeedForward(
        Linear(name + "w3", hidden, inner, bias=False),
        Linear(name + "w2", inner, hidden, bias=False),
        "silu",
        gate=Linear(name + "w1", hidden, inner, bias=False),
    )


def _causal_lm(config: Config) -> CausalLM:
    """Older files have another name for the option."""
    tied = config.get("tie_embedding", config.get("tie_word_embeddings", True))
    return layouts.tied_lm({**config, "tie_word_embeddings": tied})


FAMILY = Family(
    model_type="lfm2",
    describe=describe,
    classes=Classes("Lfm2"),
    causal_lm=_causal_lm,
    tiny={
        "lfm2": Tiny(
            {
                **decoders.GROUPED,
                "layer_types": ["conv", "full_attention"],
                "block_auto_adjust_ff_dim": False,
            },
            pooling="lasttoken",
        )
    },
)
