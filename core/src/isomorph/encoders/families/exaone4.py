"""EXAONE 4.0 (arXiv:2507.11407): norms behind layers as in OLMo 2; global layers know no positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from isomorph.encoders import decoders
from isomorph.encoders.config import Config
from isomorph.encoders.description import Block, Encoder, Norms
from isomorph.encoders.families import llama
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.errors import Unsupported

LOCAL, GLOBAL = "sliding_attention", "full_attention"
DEFAULTS = {
    **llama.DEFAULTS,
    "vocab_size": 102_400,
    "intermediate_size": 16_384,
    "num_key_value_heads": 32,
    "rms_norm_eps": 1e-5,
    "sliding_window": 4096,
    "sliding_window_pattern": 4,
    "layer_types": None,
}


def describe(config: Config) -> Encoder:
    """Where no layer has a window, all of them turn."""
    config = {**DEFAULTS, **config, "mlp_bias": False}
    size = config["sliding_window"]
    kinds = _kinds(config)
    windows = decoders.by_layer(config, kinds, {LOCAL: size, GLOBAL: None})
    plain = decoders.encoder(config, bias=False, windows=windows, head_norms=True)
    blocks = (
        _behind(config, i, block, turns=size is None or kinds[i] == LOCAL)
        for i, block in enumerate(plain.blocks)
    )
    return replace(plain, blocks=tuple(blocks))


def _kinds(config: Config) -> Sequence[str]:
    """Those that ``layer_types`` lists; without it every n-th layer is global."""
    kinds: Sequence[str] | None = config["layer_types"]
    layers = config["num_hidden_layers"]
    if kinds is not None:
        return kinds
    if config["sliding_window"] is None:
        return [GLOBAL] * layers
    every = config["sliding_window_pattern"]
    if type(every) is not int or every < 1:
        raise Unsupported(
            f"config.json sets sliding_window_pattern={every!r} without layer_types; implemented is a number"
        )
    return [LOCAL if (i + 1) % every else GLOBAL for i in range(layers)]


def _behind(config: Config, layer: int, block: Block, turns: bool) -> Block:
    """What a half of a layer adds is normalised, what it reads is not."""
    name = f"layers.{layer}."
    return Block(
        block.attending if turns else replace(block.attending, rotary=None),
        Norms(inner=decoders.norm(config, name + "post_attention_layernorm")),
        block.feed_forward,
        Norms(inner=decoders.norm(config, name + "post_feedforward_layernorm")),
    )


FAMILY = Family(
    model_type="exaone4",
    describe=describe,
    classes=Classes("Exaone4"),
    classifier=layouts.last_token,
    causal_lm=layouts.untied_lm,
    tiny={
        "exaone4": Tiny(
            {**decoders.GROUPED, "sliding_window": 5, "layer_types": [LOCAL, GLOBAL]},
            pooling="lasttoken",
        )
    },
)
