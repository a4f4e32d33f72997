"""Ministral (Mistral AI 2024): Mistral's layout, with windows on some layers."""

from __future__ import annotations

from isomorph.encoders import decoders
from isomorph.encoders.config import Config
from isomorph.encoders.description import Encoder
from isomorph.encoders.families import mistral
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts

LOCAL, GLOBAL = "sliding_attention", "full_attention"
DEFAULTS = {**mistral.DEFAULTS, "layer_types": None}


def describe(config: Config) -> Encoder:
    """Where nothing says which layers have a window, all of them have it."""
    config = {**DEFAULTS, **config, "mlp_bias": False}
    kinds = config["layer_types"]
    if kinds is None:
        return mistral.describe(config)
    windows = decoders.by_layer(config, kinds, {LOCAL: config["sliding_window"], GLOBAL: None})
    return decoders.encoder(config, bias=False, windows=windows)


FAMILY = Family(
    model_type="ministral",
    describe=describe,
    classes=Classes("Ministral"),
    classifier=layouts.last_token,
    causal_lm=layouts.untied_lm,
    tiny={
        "ministral": Tiny(
            {**decoders.GROUPED, "sliding_window": 4, "layer_types": [LOCAL, GLOBAL]},
            pooling="lasttoken",
        )
    },
)
