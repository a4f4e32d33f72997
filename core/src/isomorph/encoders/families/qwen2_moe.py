"""Qwen2-MoE (arXiv:2407.10671), Qwen3-MoE (arXiv:2505.09388): Qwen2 and Qwen3, most layers with experts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from isomorph.encoders import decoders
from isomorph.encoders.config import Config
from isomorph.encoders.description import Encoder, FeedForward, Linear
from isomorph.encoders.families import qwen2
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.rare import Experts

LOCAL, GLOBAL = "sliding_attention", "full_attention"
MATRICES = [f"mlp.experts.{{}}.{part}_proj" for part in ("gate", "up", "down")]
_BOTH = {
    **qwen2.DEFAULTS,
    "hidden_size": 2048,
    "num_hidden_layers": 24,
    "decoder_sparse_step": 1,
    "norm_topk_prob": False,
    "mlp_only_layers": None,
}
DEFAULTS_2 = {
    **_BOTH,
    "intermediate_size": 5632,
    "num_attention_heads": 16,
    "num_key_value_heads": 16,
    "moe_intermediate_size": 1408,
    "shared_expert_intermediate_size": 5632,
    "num_experts_per_tok": 4,
    "num_experts": 60,
    "qkv_bias": True,
}
DEFAULTS_3 = {
    **_BOTH,
    "intermediate_size": 6144,
    "num_key_value_heads": 4,
    "moe_intermediate_size": 768,
    "num_experts_per_tok": 8,
    "num_experts": 128,
}


def describe_2(config: Config) -> Encoder:
    """Beside its experts a layer has one that every token asks."""
    config = {**DEFAULTS_2, **config, "mlp_bias": False}

    def feed(layer: int) -> FeedForward | Experts:
        routed = _feed(config, layer)
        return _with_shared(config, layer, routed) if isinstance(routed, Experts) else routed

    bias = config["qkv_bias"]
    return decoders.encoder(config, bias, output_bias=False, windows=_windows(config), feed=feed)


def describe_3(config: Config) -> Encoder:
    """A window is one of all layers."""
    config = {**DEFAULTS_3, **renamed(config), "mlp_bias": False}
    size = config["sliding_window"] if config["use_sliding_window"] else None
    return decoders.encoder(
        config,
        config["attention_bias"],
        windows=[size] * config["num_hidden_layers"],
        head_norms=True,
        feed=lambda layer: _feed(config, layer),
    )


def renamed(config: Config) -> Config:
    """Newer files of transformers say ``num_local_experts``."""
    if "num_local_experts" not in config:
        return config
    return {"num_experts": config["num_local_experts"], **config}


def _windows(config: Config) -> Sequence[int | None]:
    """The window of each layer: from ``layer_types``, else of every other one up to ``max_window_layers``."""
    kinds, used = config["layer_types"], config["use_sliding_window"]
    if kinds is None:
        local = range(0, config["max_window_layers"], 2) if used else ()
        kinds = [LOCAL if i in local else GLOBAL for i in range(config["num_hidden_layers"])]
    return qwen2.layer_windows({**config, "layer_types": kinds})


def _feed(config: Config, layer: int) -> FeedForward | Experts:
    """Experts in every n-th layer, but for those that ``mlp_only_layers`` lists."""
    name = f"layers.{layer}."
    sparse = config["num_experts"] and (layer + 1) % config["decoder_sparse_step"] == 0
    if not sparse or layer in (config["mlp_only_layers"] or ()):
        return decoders.feed_forward(config, name, "hidden_act")
    inner = config["moe_intermediate_size"]
    return decoders.experts(config, name, router="mlp.gate", inner=inner, matrices=MATRICES)


def _with_shared(config: Config, layer: int, experts: Experts) -> Experts:
    name = f"layers.{layer}.mlp.shared_expert"
    width = {"intermediate_size": config["shared_expert_intermediate_size"]}
    shared = decoders.feed_forward({**config, **width}, name + ".", "hidden_act", inside="")
    gate = Linear(name + "_gate", config["hidden_size"], 1, bias=False)
    return replace(experts, shared=shared, shared_gate=gate)


_TINY = {
    **decoders.GROUPED,
    "moe_intermediate_size": 20,
    "num_experts": 5,
    "num_experts_per_tok": 2,
    "mlp_only_layers": [0],
}

FAMILY = Family(
    model_type="qwen2_moe",
    describe=describe_2,
    classes=Classes("Qwen2Moe"),
    classifier=layouts.last_token,
    causal_lm=layouts.untied_lm,
    tokenizer="Qwen2Tokenizer",
    tiny={"qwen2-moe": Tiny({**_TINY, "shared_expert_intermediate_size": 28}, pooling="lasttoken")},
)
QWEN3_MOE = Family(
    model_type="qwen3_moe",
    describe=describe_3,
    classes=Classes("Qwen3Moe"),
    classifier=layouts.last_token,
    causal_lm=layouts.untied_lm,
    tokenizer="Qwen2Tokenizer",
    tiny={"qwen3-moe": Tiny({**_TINY, "norm_topk_prob": True}, pooling="lasttoken")},
)
