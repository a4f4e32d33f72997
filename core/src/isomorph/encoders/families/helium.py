"""Helium (Kyutai 2025): Llama's layout, in which neighbours turn as pairs."""

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
    "vocab_size": 48_000,
    "hidden_size": 2560,
    "intermediate_size": 7040,
    "num_hidden_layers": 24,
    "num_attention_heads": 20,
    "num_key_value_heads": 20,
    "head_dim": 128,
    "max_position_embeddings": 4096,
    "rms_norm_eps": 1e-8,
    "rope_theta": 1e5,
    "pad_token_id": 3,
}


def describe(config: Config) -> Encoder:
    """``attention_bias`` is that of query, key and value."""
    config = {**DEFAULTS, **config}
    turned = rotary(parameters_of(config), decoders.head_size(config), interleaved=True)
    return decoders.encoder(config, config["attention_bias"], output_bias=False, turned=turned)


FAMILY = Family(
    model_type="helium",
    describe=describe,
    classes=Classes("Helium"),
    classifier=lambda config, hidden: layouts.last_token({**DEFAULTS, **config}, hidden),
    causal_lm=layouts.untied_lm,
    tiny={"helium": Tiny({**decoders.GROUPED, "attention_bias": True}, pooling="lasttoken")},
)
