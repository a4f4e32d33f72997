"""Nomic BERT (Nussbaum et al. 2024, arXiv:2402.01613): post-norm, SwiGLU, rotary positions, no biases.

Tensors have the names of the published files, which transformers reads and writes too. The published
``config.json`` names its options as GPT-2 does, transformers' as BERT does; both may be there.
"""

from __future__ import annotations

from typing import Any

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
    Rotary,
)
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import MaskedLM
from isomorph.encoders.rotary import parameters_of, rotary

NAMES = {
    "n_embd": "hidden_size",
    "n_layer": "num_hidden_layers",
    "n_head": "num_attention_heads",
    "n_inner": "intermediate_size",
    "n_positions": "max_position_embeddings",
    "layer_norm_epsilon": "layer_norm_eps",
}
"""The published names of options, and transformers'."""
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
    config = {**{name: config[given] for given, name in NAMES.items() if given in config}, **config}
    hidden, eps = config.get("hidden_size", 768), config.get("layer_norm_eps", 1e-12)
    types = config.get("type_vocab_size", 2)
    embeddings = Embeddings(
        "embeddings.word_embeddings.weight",
        config.get("vocab_size", 30528),
        hidden,
        types="embeddings.token_type_embeddings.weight" if types else None,
        type_count=types,
        norm=Norm("emb_ln", hidden, eps),
    )
    layers = range(config.get("num_hidden_layers", 12))
    turned = _turned(config, hidden)
    blocks = tuple(_block(config, f"encoder.layers.{i}.", hidden, eps, turned) for i in layers)
    return Encoder("nomic_bert", hidden, embeddings, blocks)


def _heads(config: Config, hidden: int) -> tuple[int, int]:
    """How many heads there are, and of how many features."""
    heads = config.get("num_attention_heads", 12)
    return heads, config.get("head_dim") or head_size(hidden, heads)


def _turned(config: Config, hidden: int) -> Rotary:
    scheme = parameters_of(config, config.get("rotary_emb_base", 1000.0))
    return rotary(scheme, _heads(config, hidden)[1], "default", "linear")


def _block(config: Config, name: str, hidden: int, eps: float, turned: Rotary) -> Block:
    heads, size = _heads(config, hidden)
    inner, wide = config.get("intermediate_size", 3072), heads * size
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


def _masked_lm(config: Config, encoder: Encoder) -> MaskedLM:
    kind = activation(config, "hidden_act", "silu")
    return layouts.predictions(config, encoder, "layer_norm", kind)


def _renamed(config: Config) -> dict[str, Any]:
    """Names that transformers does not know have no effect there."""
    found = {
        name: config[given]
        for given, name in NAMES.items()
        if given in config and name not in config
    }
    if {"hidden_size", "num_attention_heads"} <= set(found) and "head_dim" not in config:
        found["head_dim"] = found["hidden_size"] // found["num_attention_heads"]
    if "rotary_emb_base" in config and "rope_parameters" not in config:
        found["rope_parameters"] = {"rope_type": "default", "rope_theta": config["rotary_emb_base"]}
    return found


FAMILIES = (
    Family(
        model_type="nomic_bert",
        describe=describe,
        classes=Classes("NomicBert", "nomic_bert."),
        classifier=layouts.pooler,
        masked_lm=_masked_lm,
        tokenizer="BertTokenizer",
        typed_pairs=True,
        unpadded="columns",
        published=("nomic-ai/nomic-bert-2048--",),
        renamed=_renamed,
        fixed=FIXED,
        tiny={"nomic": Tiny({"type_vocab_size": 2})},
    ),
)
