"""Gemma 2 (arXiv:2408.00118): Gemma with norms on both sides, local layers, and capped scores."""

from __future__ import annotations

from dataclasses import replace

from isomorph.encoders import decoders
from isomorph.encoders.config import Config
from isomorph.encoders.description import Block, Encoder, Norms
from isomorph.encoders.families import gemma
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.errors import BadModel

LOCAL, GLOBAL = "sliding_attention", "full_attention"
DEFAULTS = {
    **gemma.DEFAULTS,
    "hidden_size": 2304,
    "intermediate_size": 9216,
    "num_hidden_layers": 26,
    "num_attention_heads": 8,
    "num_key_value_heads": 4,
    "query_pre_attn_scalar": 256,
    "sliding_window": 4096,
    "layer_types": None,
    "attn_logit_softcapping": 50.0,
    "final_logit_softcapping": 30.0,
}


def describe(config: Config) -> Encoder:
    """Every other layer is global, beginning with the second, unless ``layer_types`` says which."""
    config = {**DEFAULTS, **config, "mlp_bias": False}
    # The activation has a newer name here than in Gemma, and no older meaning.
    config["hidden_act"] = config.get("hidden_activation", "gelu_pytorch_tanh")
    gemma.require_causal(config)
    kinds = config["layer_types"]
    if kinds is None:
        kinds = [GLOBAL if i % 2 else LOCAL for i in range(config["num_hidden_layers"])]
    size = config["sliding_window"]
    if size is None and LOCAL in kinds:
        raise BadModel("config.json sets sliding_window=null, but local layers have a window.")
    windows = decoders.by_layer(config, kinds, {LOCAL: size, GLOBAL: None})
    plain = decoders.encoder(config, bias=config["attention_bias"], windows=windows)
    blocks = tuple(_capped(config, f"layers.{i}.", block) for i, block in enumerate(plain.blocks))
    return gemma.scaled(replace(plain, blocks=blocks))


def _capped(config: Config, name: str, plain: Block) -> Block:
    """Llama's second norm stands behind attention here, and the feed-forward has two of its own."""

    def norms(before: str, inner: str) -> Norms:
        return Norms(
            before=decoders.norm(config, f"{name}{before}_layernorm"),
            inner=decoders.norm(config, f"{name}{inner}_layernorm"),
        )

    attention = replace(
        plain.attention,
        scale=config["query_pre_attn_scalar"] ** -0.5,
        cap=config["attn_logit_softcapping"],
    )
    return Block(
        attention,
        norms("input", "post_attention"),
        plain.feed_forward,
        norms("pre_feedforward", "post_feedforward"),
    )


_TINY = {**decoders.GROUPED, "sliding_window": 6, "query_pre_attn_scalar": 11}
_CAPS = {"attn_logit_softcapping": 2.0, "final_logit_softcapping": 1.5}

FAMILY = Family(
    model_type="gemma2",
    describe=describe,
    classes=Classes("Gemma2"),
    classifier=layouts.last_token,
    causal_lm=lambda config: layouts.capped_lm({**DEFAULTS, **config}),
    tokenizer="GemmaTokenizer",
    tiny={
        "gemma2": Tiny({**_TINY, **_CAPS}, pooling="lasttoken"),
        "gemma2-uncapped": Tiny({**_TINY, "attn_logit_softcapping": None}),
    },
)
