"""GTE (Zhang et al. 2024, arXiv:2407.19669): post-norm, gated, rotary positions.

``new`` is the model type of the published files, whose code is not part of transformers; ``gte`` is
the same encoder in transformers, which writes the same tensor names.
"""

from __future__ import annotations

import numpy as np

from isomorph.encoders.config import Config, activation, require
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
)
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import MaskedLM
from isomorph.encoders.relations import Rotary
from isomorph.encoders.rotary import as_rotary, frequencies, parameters_of, rotary


def describe(config: Config) -> Encoder:
    """There may be no token types at all."""
    require(config, "position_embedding_type", "rope", "rope")
    require(config, "logn_attention_scale", False, False)
    published = config["model_type"] == "new"
    hidden, types = config.get("hidden_size", 768), config.get("type_vocab_size", 1)
    embeddings = Embeddings(
        "embeddings.word_embeddings.weight",
        config.get("vocab_size", 30528 if published else 250048),
        hidden,
        types="embeddings.token_type_embeddings.weight" if types else None,
        type_count=types,
        norm=Norm("embeddings.LayerNorm", hidden, config.get("layer_norm_eps", 1e-12)),
    )
    size = config.get("head_dim") or head_size(hidden, config.get("num_attention_heads", 12))
    angles = _scaled(config, size) if published else _plain(config, size, 160_000.0)
    layers = range(config.get("num_hidden_layers", 12))
    blocks = tuple(_block(config, f"encoder.layer.{i}.", hidden, size, angles) for i in layers)
    return Encoder(str(config["model_type"]), hidden, embeddings, blocks)


def _plain(config: Config, size: int, theta: float) -> Rotary:
    return rotary(parameters_of(config, theta), size, "default", "linear")


def _scaled(config: Config, size: int) -> Rotary:
    """Frequencies for texts `factor` times longer, fixed or mixed (kexue.fm/archives/9706)."""
    scaling, theta = config.get("rope_scaling") or {}, config.get("rope_theta", 10_000.0)
    if not scaling:
        return _plain(config, size, theta)
    require({**scaling, "model_type": "new"}, "type", None, "ntk")
    factor, mixed = scaling["factor"], scaling.get("mixed_b")
    require({"model_type": "new", "factor": factor}, "factor", factor, max(factor, 1.0))
    if mixed is None:
        widest = np.float32(factor ** (2 / size))
        return as_rotary(frequencies(theta * factor, size) / widest)
    steps = np.arange(1, size // 2 + 1, dtype=np.float64) ** mixed
    stretch = np.exp(np.log(factor) / (size / 2) ** mixed * steps).astype(np.float32)
    return as_rotary(frequencies(theta, size) / stretch)


def _block(config: Config, name: str, hidden: int, size: int, angles: Rotary) -> Block:
    heads, inner = config.get("num_attention_heads", 12), config.get("intermediate_size", 3072)
    wide, eps = heads * size, config.get("layer_norm_eps", 1e-12)
    rms = require(config, "layer_norm_type", "layer_norm", "layer_norm", "rms_norm") == "rms_norm"
    packed = require(config, "pack_qkv", True, True, False)
    query, key, value = (
        Linear(name + "attention.qkv_proj", hidden, wide, rows=(part * wide, (part + 1) * wide))
        if packed
        else Linear(f"{name}attention.{'qkv'[part]}_proj", hidden, wide)
        for part in range(3)
    )
    output = Linear(name + "attention.o_proj", wide, hidden)
    feed_forward = FeedForward(
        Linear(name + "mlp.up_gate_proj", hidden, inner, False, (0, inner)),
        Linear(name + "mlp.down_proj", inner, hidden),
        activation(config, "hidden_act", "gelu"),
        Linear(name + "mlp.up_gate_proj", hidden, inner, False, (inner, 2 * inner)),
    )
    norms = [
        Norms(after=Norm(name + part, hidden, eps, kind="rms" if rms else "layer"))
        for part in ("attn_ln", "mlp_ln")
    ]
    attention = Attention(query, key, value, output, heads, rotary=angles)
    return Block(attention, norms[0], feed_forward, norms[1])


def _masked_lm(config: Config, encoder: Encoder) -> MaskedLM:
    return _to_words(config, encoder, "gelu")


def _published_lm(config: Config, encoder: Encoder) -> MaskedLM:
    """With the activation of the blocks, where transformers' head always has GELU."""
    return _to_words(config, encoder, activation(config, "hidden_act", "gelu"))


def _to_words(config: Config, encoder: Encoder, kind: str) -> MaskedLM:
    transform = layouts.to_words(encoder, "lm_head.dense", "lm_head.norm", kind)
    return layouts.one_bias(config, transform, "lm_head.decoder")


FAMILY = Family(
    model_type="gte",
    describe=describe,
    classes=Classes("Gte", "gte."),
    classifier=layouts.pooler,
    masked_lm=_masked_lm,
    tokenizer="XLMRobertaTokenizer",
    unpadded="columns",
    tiny={"gte": Tiny(pooling="cls")},
)
NEW = Family(
    model_type="new",
    describe=describe,
    classes=Classes("New", "new."),
    classifier=layouts.pooler,
    masked_lm=_published_lm,
    published=("Alibaba-NLP/new-impl--",),
    tiny={
        "gte-published": Tiny(
            {"type_vocab_size": 0, "rope_scaling": {"type": "ntk", "factor": 4.0}},
            pooling="cls",
        ),
    },
)
