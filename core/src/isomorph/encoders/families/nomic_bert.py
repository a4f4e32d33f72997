"""Nomic BERT (Nussbaum et al. 2024, arXiv:2402.01613): post-norm, SwiGLU, rotary positions, no biases.

Tensors have the names of the published files, which transformers reads and writes too. The published
``config.json`` names its options as GPT-2 does, transformers' as BERT does; both may be there. The second
generation (arXiv:2502.07972) has biases, no gates, and experts in every other layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
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
)
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.heads.description import MaskedLM
from isomorph.encoders.rare import Experts, Matrices
from isomorph.encoders.relations import Rotary
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
"""Options of the published code that have one value in transformers."""
READ = {
    *("qkv_proj_bias", "mlp_fc1_bias", "mlp_fc2_bias", "activation_function"),
    *("rotary_scaling_factor", "moe_every_n_layers"),
}
"""Those of them that have more values here."""
ROUTING = {
    "expert_choice_router": False,
    "moe_normalize_expert_weights": False,
    "num_shared_experts": 0,
    "ffn_div": 1,
}
"""Options of experts that have one value here."""
GATED = {"swiglu": "silu", "geglu": "gelu", "glu": "sigmoid"}
"""The activation in front of each gate, by the published name of both."""


def describe(config: Config) -> Encoder:
    """The embeddings' norm stands outside of them."""
    for option, value in FIXED.items():
        if option not in READ:
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
    blocks = tuple(_block(config, i, hidden, eps, turned) for i in layers)
    return Encoder("nomic_bert", hidden, embeddings, blocks)


def _heads(config: Config, hidden: int) -> tuple[int, int]:
    """How many heads there are, and of how many features."""
    heads = config.get("num_attention_heads", 12)
    return heads, config.get("head_dim") or head_size(hidden, heads)


def _turned(config: Config, hidden: int) -> Rotary:
    """A text as long as those of the training keeps its frequencies, whatever is set for longer ones."""
    scheme = parameters_of(config, config.get("rotary_emb_base", 1000.0))
    turned = rotary(scheme, _heads(config, hidden)[1], "default", "linear")
    if config.get("rotary_scaling_factor") is None:
        return turned
    require(scheme, "rope_type", "default", "default")
    return replace(turned, longest=config.get("max_trained_positions", 2048))


def _block(config: Config, index: int, hidden: int, eps: float, turned: Rotary) -> Block:
    """In every n-th layer, counted from the second, the feed-forward is one of experts."""
    name = f"encoder.layers.{index}."
    heads, size = _heads(config, hidden)
    wide, bias = heads * size, config.get("qkv_proj_bias", False)
    query, key, value = (
        Linear(name + "attn.Wqkv", hidden, wide, bias, (part * wide, (part + 1) * wide))
        for part in range(3)
    )
    out = Linear(name + "attn.out_proj", wide, hidden, bias)
    attention = Attention(query, key, value, out, heads, rotary=turned)
    every = config.get("moe_every_n_layers") or 0
    feed = _experts if every and index % every == 1 else _feed_forward
    norms = [Norms(after=Norm(name + part, hidden, eps)) for part in ("norm1", "norm2")]
    return Block(attention, norms[0], feed(config, name + "mlp.", hidden), norms[1])


def _feed_forward(config: Config, name: str, hidden: int) -> FeedForward:
    """With a gate, or as it is; the published name of the activation says which."""
    inner, kind = config.get("intermediate_size", 3072), config.get("activation_function", "swiglu")
    first, last = (config.get(f"mlp_fc{part}_bias", False) for part in (1, 2))
    down = Linear(name + "fc2", inner, hidden, last)
    if require(config, "activation_function", kind, "gelu", *GATED) == "gelu":
        return FeedForward(Linear(name + "fc1", hidden, inner, first), down, "gelu")
    if kind != "swiglu":
        require(config, "hidden_act", GATED[kind], GATED[kind])
    return FeedForward(
        Linear(name + "fc11", hidden, inner, first),
        down,
        activation(config, "hidden_act", GATED[kind]),
        Linear(name + "fc12", hidden, inner, first),
    )


def _experts(config: Config, name: str, hidden: int) -> Experts:
    """Their matrices lie one below the other in two tensors, both as wide as the states."""
    require(config, "activation_function", "swiglu", "gelu")
    for option, value in ROUTING.items():
        require(config, option, value, value)
    inner = config.get("intermediate_size", 3072)
    require(config, "ffn_hidden_size", inner, inner)
    return Experts(
        Linear(name + "router.layer", hidden, config["num_experts"], bias=False),
        config["num_experts"],
        config["moe_top_k"],
        Matrices(name + "experts.mlp.w1", hidden, inner),
        Matrices(name + "experts.mlp.w2", inner, hidden, turned=True),
        "gelu",
        bias=name + "experts.bias",
    )


MOE: Mapping[str, Any] = {
    "qkv_proj_bias": True,
    "mlp_fc1_bias": True,
    "mlp_fc2_bias": True,
    "activation_function": "gelu",
    "moe_every_n_layers": 2,
    "num_experts": 4,
    "moe_top_k": 2,
    "type_vocab_size": 1,
}


def _masked_lm(config: Config, encoder: Encoder) -> MaskedLM:
    """What the head of a model without gates computes is published nowhere, so that it is refused."""
    require(config, "activation_function", "swiglu", "swiglu")
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


FAMILY = Family(
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
    tiny={"nomic": Tiny({"type_vocab_size": 2}), "nomic-experts": Tiny(MOE)},
)
