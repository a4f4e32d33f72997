"""Gemma 3's text model (arXiv:2503.19786): norms on both sides, local and global layers."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders import decoders
from isomorph.encoders.config import Config, require
from isomorph.encoders.decoders import GROUPED
from isomorph.encoders.description import Block, Embeddings, Encoder, Norm, Norms
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.relations import Rotary
from isomorph.encoders.rotary import complete, rotary
from isomorph.errors import BadModel

LOCAL, GLOBAL = "sliding_attention", "full_attention"
DEFAULTS = {
    "vocab_size": 262_208,
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_hidden_layers": 26,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "head_dim": 256,
    "hidden_activation": "gelu_pytorch_tanh",
    "max_position_embeddings": 131_072,
    "rms_norm_eps": 1e-6,
    "attention_bias": False,
    "query_pre_attn_scalar": 256,
    "sliding_window": 4096,
    "sliding_window_pattern": 6,
    "layer_types": None,
    "is_causal": True,
}


def describe(config: Config) -> Encoder:
    """Every ``sliding_window_pattern``-th layer is global, unless ``layer_types`` says which."""
    config = {**DEFAULTS, **config, "mlp_bias": False}
    require(config, "is_causal", True, True)
    require(config, "attn_logit_softcapping", None, None)
    layers, pattern = config["num_hidden_layers"], config["sliding_window_pattern"]
    kinds = config["layer_types"]
    if kinds is None:
        kinds = [LOCAL if (i + 1) % pattern else GLOBAL for i in range(layers)]
    both_ways = bool(require(config, "use_bidirectional_attention", False, False, True, None))
    size = config["sliding_window"]
    if size is None:
        raise BadModel("config.json sets sliding_window=null, but local layers have a window.")
    # A window that looks both ways is split between them; a causal one counts its own position.
    local = _rotary(config, LOCAL), size // 2 if both_ways else size - 1
    schemes = decoders.by_layer(
        config, kinds, {LOCAL: local, GLOBAL: (_rotary(config, GLOBAL), None)}
    )
    blocks = tuple(
        _block(config, f"layers.{i}.", turned, seen, both_ways)
        for i, (turned, seen) in enumerate(schemes)
    )
    hidden = config["hidden_size"]
    words = Embeddings("embed_tokens.weight", config["vocab_size"], hidden, scale=hidden**0.5)
    return Encoder("gemma3_text", hidden, words, blocks, final_norm=_norm(config, "norm"))


def _rotary(config: Config, kind: str) -> Rotary:
    """``rope_parameters`` by kind of layer; in older files ``rope_scaling`` is for global ones."""
    found = dict((config.get("rope_parameters") or {}).get(kind) or {"rope_type": "default"})
    if kind == GLOBAL:
        found.update(config.get("rope_scaling") or {})
        found.setdefault("rope_theta", config.get("rope_theta", 1_000_000.0))
    found.setdefault("rope_theta", config.get("rope_local_base_freq", 10_000.0))
    parameters = complete(config, found)
    require(parameters, "truncate", True, True)
    return rotary(parameters, decoders.head_size(config))


def _block(config: Config, name: str, turned: Rotary, seen: int | None, both_ways: bool) -> Block:
    attention = replace(
        decoders.attention(config, name, turned, config["attention_bias"], seen=seen),
        scale=config["query_pre_attn_scalar"] ** -0.5,
        query_norm=_norm(config, name + "self_attn.q_norm", decoders.head_size(config)),
        key_norm=_norm(config, name + "self_attn.k_norm", decoders.head_size(config)),
        causal=not both_ways,
    )

    def around(before: str, inner: str) -> Norms:
        return Norms(
            _norm(config, f"{name}{before}_layernorm"), _norm(config, f"{name}{inner}_layernorm")
        )

    feed_forward = decoders.feed_forward(config, name, "hidden_activation")
    norms = around("input", "post_attention"), around("pre_feedforward", "post_feedforward")
    return Block(attention, norms[0], feed_forward, norms[1])


def _norm(config: Config, name: str, size: int | None = None) -> Norm:
    """The files hold weights around zero, to which one is added."""
    return replace(decoders.norm(config, name, size), plus_one=True)


FAMILY = Family(
    model_type="gemma3_text",
    describe=describe,
    classes=Classes("Gemma3Text", decoder="Gemma3"),
    classifier=layouts.last_token,
    causal_lm=layouts.capped_lm,
    tokenizer="GemmaTokenizer",
    tiny={"gemma3": Tiny({**GROUPED, "sliding_window": 6, "sliding_window_pattern": 2})},
)
