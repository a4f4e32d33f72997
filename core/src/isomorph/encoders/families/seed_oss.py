"""Seed-OSS (ByteDance 2025): Llama's layout, with biases in front of attention and none behind it."""

from __future__ import annotations

from isomorph.encoders import decoders
from isomorph.encoders.config import Config
from isomorph.encoders.description import Encoder
from isomorph.encoders.families import llama
from isomorph.encoders.family import Classes, Family, Tiny
from isomorph.encoders.heads import layouts

DEFAULTS = {
    **llama.DEFAULTS,
    "vocab_size": 155_136,
    "intermediate_size": 27_648,
    "num_hidden_layers": 64,
    "num_attention_heads": 80,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 524_288,
    "attention_bias": True,
    "attention_out_bias": False,
    "pad_token_id": 1,
}


def describe(config: Config) -> Encoder:
    """Llama's layout; tensor names as transformers writes them."""
    config = {**DEFAULTS, **config}
    return decoders.encoder(config, config["attention_bias"], config["attention_out_bias"])


FAMILY = Family(
    model_type="seed_oss",
    describe=describe,
    classes=Classes("SeedOss"),
    classifier=lambda config, hidden: layouts.last_token({**DEFAULTS, **config}, hidden),
    causal_lm=layouts.untied_lm,
    tiny={"seed-oss": Tiny(decoders.GROUPED, pooling="lasttoken")},
)
