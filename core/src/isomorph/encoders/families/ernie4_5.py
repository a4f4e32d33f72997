"""ERNIE 4.5 (Baidu 2025): Llama's layout, in which a feature turns with its neighbour."""

from __future__ import annotations

from isomorph.encoders import decoders
from isomorph.encoders.config import Config
from isomorph.encoders.description import Encoder
from isomorph.encoders.families import llama
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts
from isomorph.encoders.rotary import parameters_of, rotary

DEFAULTS = {
    **llama.DEFAULTS,
    "vocab_size": 103_424,
    "hidden_size": 1024,
    "intermediate_size": 3072,
    "num_hidden_layers": 18,
    "num_attention_heads": 16,
    "num_key_value_heads": 2,
    "head_dim": 128,
    "max_position_embeddings": 131_072,
    "rms_norm_eps": 1e-5,
    "use_bias": False,
}


def describe(config: Config) -> Encoder:
    """One option says whether any layer has a bias."""
    config = {**DEFAULTS, **config, "rope_theta": config.get("rope_theta", 500_000.0)}
    config["mlp_bias"] = bias = bool(config["use_bias"])
    turned = rotary(parameters_of(config, 500_000.0), decoders.head_size(config), interleaved=True)
    return decoders.encoder(config, bias, turned=turned)


FAMILY = Family(
    model_type="ernie4_5",
    describe=describe,
    classes=Classes("Ernie4_5"),
    causal_lm=layouts.tied_lm,
    tiny={"ernie4-5": Tiny({**decoders.GROUPED, "use_bias": True}, pooling="lasttoken")},
)
